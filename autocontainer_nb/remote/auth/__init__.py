"""Who the client says it is."""
