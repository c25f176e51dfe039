"""The kinds of task that people write."""
