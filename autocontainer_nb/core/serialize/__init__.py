"""The task model as Flyte's messages."""
