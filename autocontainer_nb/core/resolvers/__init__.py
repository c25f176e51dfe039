"""How a container finds its task."""
