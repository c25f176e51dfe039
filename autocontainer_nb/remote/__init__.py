"""The client of a control plane: connect, register, launch, wait, fetch. Start with `client.FlyteRemote`."""


def __getattr__(name: str) -> object:
    """Return the client by flytekit's path `remote.FlyteRemote`."""
    if name != "FlyteRemote":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from autocontainer_nb.remote.client import FlyteRemote

    return FlyteRemote
