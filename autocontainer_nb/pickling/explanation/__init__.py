"""Explaining a capture: everything that it takes along, what cannot travel, and what may be a credential."""
