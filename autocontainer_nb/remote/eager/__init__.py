"""The client inside an eager task's container: it starts, awaits and ends the executions of the task."""
