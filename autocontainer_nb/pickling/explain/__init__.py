"""The table of everything captured, and why something can't travel."""
