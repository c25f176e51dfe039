"""The task model's registered form: tasks, workflows and launch plans as Flyte's messages."""
