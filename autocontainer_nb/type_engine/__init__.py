"""Python values ◄► Flyte literals: one module for each family of types, one screen (`rules`) with their order."""
