"""The control plane's client: connect, register, launch, wait, fetch. Begin with `client.FlyteRemote`."""
