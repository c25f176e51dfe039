"""Where the control plane is and how it is reached."""
