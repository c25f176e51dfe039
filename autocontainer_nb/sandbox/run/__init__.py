"""The engine: runs executions until they have ended."""
