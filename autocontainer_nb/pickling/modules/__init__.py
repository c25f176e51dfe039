"""The user's own modules, which travel as source."""
