"""The command `autocontainer-nb`: parse and delegate."""
