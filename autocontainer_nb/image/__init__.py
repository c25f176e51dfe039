"""Container images: their names and placeholders, and `ImageSpec` with its build."""
