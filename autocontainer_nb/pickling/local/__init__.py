"""Local modules: the user's own, which travel as sources and are imported ahead of any other copy."""
