"""The services of a running task: context, secrets, checkpoints, decks, statistics."""
