"""Registered entities, fetched: found by their names, with interface, words and source."""
