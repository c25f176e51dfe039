"""Large data: collected without copying, kept as objects of their own, fetched and mapped again."""
