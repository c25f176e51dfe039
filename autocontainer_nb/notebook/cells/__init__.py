"""The notebook's cells: their recorded sources, the look of errors, and warnings about stale definitions."""
