"""`%flyte`: parse, complete, delegate."""
