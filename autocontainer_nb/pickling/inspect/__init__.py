"""Descriptions and comparisons of files, without unpickling anything."""
