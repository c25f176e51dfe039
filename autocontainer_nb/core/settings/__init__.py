"""What a task asks for besides its code."""
