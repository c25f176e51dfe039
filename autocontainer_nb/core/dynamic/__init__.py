"""`@dynamic` and `@eager`: tasks that decide as they run what else runs."""
