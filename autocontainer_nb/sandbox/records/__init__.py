"""The records of the sandbox in one SQLite file."""
