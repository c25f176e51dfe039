"""Executions moved on until they have ended."""
