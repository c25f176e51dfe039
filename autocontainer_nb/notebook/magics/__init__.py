"""The `%flyte` magic: parsing, completion, and the commands."""
