"""How a call gets through: channel, deadline, retries, and errors with a next step."""
