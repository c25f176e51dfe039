"""The commands that run in containers. They import as little as possible, which a test proves."""
