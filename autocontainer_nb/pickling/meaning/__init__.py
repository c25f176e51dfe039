"""What a capture means: its parts, its fingerprint, its version, and what changed."""
