"""Objects turned into one pickle."""
