"""`@dynamic` and `@eager`: tasks that decide while they run which other tasks run."""
