"""Executions: launch, state, results, logs and lists."""
