"""The output of pods, from Kubernetes itself: for people whose kubeconfig leads to the cluster that runs their tasks.

Used where no link gives text, the package `kubernetes` is installed and there is a kubeconfig; a variable names its
context, or says `off`. The pod's name is what Flyte tells of the attempt. A pod is read only if its label says that it
is of this execution: the kubeconfig may lead to another cluster. Whatever goes wrong, such as a cluster that can't be
reached or doesn't allow it, ends in no text, and the link is shown instead; for the same logs it isn't tried again.
"""

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, Final

from autocontainer_nb.remote import environment
from autocontainer_nb.remote.logs.containers import Container
from autocontainer_nb.wire import ENV_KUBE_CONTEXT

OFF: Final = "off"
_LABEL: Final = "execution-id"  # of flytepropeller's pods
_MAIN_CONTAINER: Final = "primary_container_name"  # their annotation
_CONNECT_S, _READ_S = 3.0, 20.0
_LIMIT_BYTES: Final = 64 << 20
_NO_SUCH_POD: Final = 404


class PodLogs:
    """Reads the logs of pods by one kubeconfig. Threads share it."""

    def __init__(self, kubeconfig: str, context: str = "") -> None:
        self._kubeconfig = kubeconfig
        self._context = context
        self._lock = Lock()
        self._api: Any = None
        self._has_failed = False

    def text(self, container: Container) -> str | None:
        """Return what the container has printed; None if its pod is gone, isn't ours, or can't be read."""
        pod, namespace = container.attempt.pod, container.namespace
        if pod is None or self._has_failed:
            return None
        try:
            return self._read(pod.name, pod.namespace or namespace, pod.container, container.execution_id)
        except Exception as error:  # noqa: BLE001 - a foreign library's, of many kinds; the link is shown instead
            self._has_failed = getattr(error, "status", None) != _NO_SUCH_POD
            return None

    def _read(self, name: str, namespace: str, container: str, execution_id: str) -> str | None:
        api = self._client()
        within = {"_request_timeout": (_CONNECT_S, _READ_S)}
        metadata = api.read_namespaced_pod(name, namespace, **within).metadata
        if (metadata.labels or {}).get(_LABEL) != execution_id:
            return None
        container = container or (metadata.annotations or {}).get(_MAIN_CONTAINER) or name
        answer = api.read_namespaced_pod_log(
            name,
            namespace,
            container=container,
            limit_bytes=_LIMIT_BYTES,
            _preload_content=False,  # which would decode it by a rule of its own
            **within,
        )
        return str(answer.data.decode("utf-8", "replace"))

    def _client(self) -> Any:
        with self._lock:
            if self._api is None:
                from kubernetes import client, config

                settings = client.Configuration()
                settings.retries = False
                load: Any = config.load_kube_config  # has no types
                load(self._kubeconfig, context=self._context or None, client_configuration=settings)
                self._api = client.CoreV1Api(client.ApiClient(settings))
            return self._api


def pod_logs(variables: Mapping[str, str], home: str) -> PodLogs | None:
    """Return what reads pods' logs here; None without the package or a kubeconfig, or where it was turned off."""
    context = variables.get(ENV_KUBE_CONTEXT, "")
    if context.lower() == OFF or find_spec("kubernetes") is None:
        return None
    named = variables.get("KUBECONFIG", "") or str(Path(home, ".kube", "config"))
    if not any(Path(path).is_file() for path in named.split(os.pathsep) if path):
        return None
    return PodLogs(named, context)


def pod_logs_here() -> PodLogs | None:
    """Return what reads pods' logs by this process's variables and home directory."""
    return pod_logs(environment.variables(), environment.home_directory())
