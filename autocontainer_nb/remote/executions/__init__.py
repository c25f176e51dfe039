"""Executions started, watched, read and listed."""
