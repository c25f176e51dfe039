"""An entity made ready to leave the notebook."""
