"""One module for each family of types that Python itself has."""
