"""What a container does with a verified file."""
