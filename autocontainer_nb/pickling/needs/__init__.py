"""Needs: the installed distributions that a task uses, and whether the container has them."""
