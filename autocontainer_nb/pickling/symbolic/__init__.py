"""Any pickle followed as symbols; nothing is executed."""
