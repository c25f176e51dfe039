"""Promises, nodes and bindings: what a graph is drawn of, and its run here."""
