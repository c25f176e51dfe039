"""What the sandbox knows: one SQLite file."""
