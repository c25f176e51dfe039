"""Conversion between Python values and Flyte literals: one module per family of types; `rules` is the order."""
