"""The file itself: ZIP, metadata, hashes, and what is checked before anything is believed."""
