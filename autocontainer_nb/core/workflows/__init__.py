"""Workflows, launch plans, and references to registered ones."""
