"""What counts as a credential, and where one is found."""
