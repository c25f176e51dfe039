"""What a capture means, whatever its bytes are: its parts, its fingerprint, its version, and what changed."""
