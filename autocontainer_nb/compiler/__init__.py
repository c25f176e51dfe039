"""What Flyte's compiler takes and refuses, as functions over its own messages: findings are data, nothing raises."""
