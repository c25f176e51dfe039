"""Workflows, launch plans, and references to what is registered."""
