"""Containers as processes: made from a task template, started, and ended."""
