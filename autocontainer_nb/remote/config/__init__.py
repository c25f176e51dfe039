"""The configuration of the client: the address of the control plane, and how to reach it."""
