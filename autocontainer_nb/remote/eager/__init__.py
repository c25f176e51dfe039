"""What an eager task's container does at the control plane."""
