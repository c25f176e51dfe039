"""The client of a control plane: connect, register, launch, wait, fetch. Start with `client.FlyteRemote`."""
