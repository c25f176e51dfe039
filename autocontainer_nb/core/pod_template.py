"""`PodTemplate`: the Kubernetes pod that a task's container is put into."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from autocontainer_nb.errors import DefinitionError

PRIMARY_CONTAINER_DEFAULT_NAME: Final = "primary"
PRIMARY_CONTAINER_KEY: Final = "primary_container_name"  # in a task template's config: what Flyte's pod plugin reads


@dataclass(frozen=True)
class PodTemplate:
    """A pod for one task: `pod_spec` as a dictionary with Kubernetes' own names, or a `kubernetes` client's object.

    The container named `primary_container_name` gets the task's command, variables and resources; it is added where the
    pod has none of that name.
    """

    pod_spec: Any = None
    primary_container_name: str = PRIMARY_CONTAINER_DEFAULT_NAME
    labels: Mapping[str, str] | None = None
    annotations: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        """Refuse what can't become a pod."""
        if not self.primary_container_name:
            raise DefinitionError(
                "PodTemplate: primary_container_name is empty. Name the container that runs the task."
            )
        is_pod_spec = (
            self.pod_spec is None or isinstance(self.pod_spec, Mapping) or hasattr(self.pod_spec, "attribute_map")
        )
        if not is_pod_spec:
            raise DefinitionError(
                f"PodTemplate: pod_spec is a {type(self.pod_spec).__name__}; a dictionary or a kubernetes "
                "V1PodSpec expected."
            )
