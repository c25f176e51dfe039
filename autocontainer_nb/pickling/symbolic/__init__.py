"""The symbolic reading of any pickle, without executing anything."""
