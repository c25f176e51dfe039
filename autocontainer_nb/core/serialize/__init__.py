"""The task model on the wire: one module for each kind of message."""
