"""Any pickle, followed as symbols: nothing of it is executed or imported."""
