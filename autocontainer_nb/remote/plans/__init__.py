"""Launch plans at the control plane: activated, deactivated, started for days that have passed."""
