"""Rules of Flyte's compiler as functions over its own messages: findings are data, and nothing raises."""
