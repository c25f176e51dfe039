"""The container commands: what runs on the other side. Imports as little as it can, and proves it by a test."""
