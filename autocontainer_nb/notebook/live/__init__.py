"""What a cell shows while something runs."""
