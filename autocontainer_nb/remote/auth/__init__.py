"""Authentication of the client: credentials, and the sources of tokens."""
