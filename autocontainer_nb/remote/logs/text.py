"""The output of containers as one text: from the link if that gives text, else from Kubernetes, else the link."""

from collections.abc import Callable, Sequence

from autocontainer_nb.remote.config.network import THIS_MACHINES, Network
from autocontainer_nb.remote.logs.containers import Container
from autocontainer_nb.remote.logs.links import DeadHosts
from autocontainer_nb.remote.nodes.run import side_by_side

PodText = Callable[[Container], str | None]


def logs_text(
    containers: Sequence[Container], pod_text: PodText | None = None, *, network: Network = THIS_MACHINES
) -> str:
    """Return the text of all containers, each under a heading if there are several.

    `pod_text` gives that of a container's pod, None if it can't. A link that leads to a page for people is shown as
    it is.
    """
    hosts = DeadHosts(network)
    texts = side_by_side(lambda container: _text(container, hosts, pod_text), containers)
    parts = []
    for container, text in zip(containers, texts, strict=True):
        if len(containers) > 1:
            parts.append(f"── {container.heading} ──")
        parts += text
    return "".join(part + "\n" for part in parts if part)


def _text(container: Container, hosts: DeadHosts, pod_text: PodText | None) -> list[str]:
    parts, has_text = [], False
    for log in container.attempt.logs:
        text = hosts.text(log.uri)
        has_text |= text is not None
        parts.append(text.rstrip("\n") if text is not None else f"{log.name}: {log.uri}")
    if not has_text and pod_text is not None:
        text = pod_text(container)
        if text is not None:
            return [text.rstrip("\n")]
    return parts
