"""An entity brought to the control plane, where it isn't there already."""
