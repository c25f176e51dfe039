"""Container images: which image a task asks for, and what its name means."""
