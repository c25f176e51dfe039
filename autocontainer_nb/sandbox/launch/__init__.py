"""A task template turned into a running process."""
