"""The pickled-entity file: written, read, verified, inspected. Knows objects and files, not tasks."""
