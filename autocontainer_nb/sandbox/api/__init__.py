"""The services that clients call."""
