"""Calls to the control plane: channel, deadline, retries, and errors with a next step."""
