"""The options of a task that runs in a container, checked where it is made; a container has no need of it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autocontainer_nb.core.settings.options import check_classes, check_forms
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.type_engine.wording import with_article

if TYPE_CHECKING:
    from autocontainer_nb.core.settings.secret_requests import Secret


def check_container_options(name: str, given: Mapping[str, Any]) -> None:
    """Check what a task in a container is given, by the names of the options.

    Raises:
        DefinitionError: an option has another form than it should.
    """
    owner = f"Task {name!r}"
    _check_pod_template(name, given["pod_template"])
    check_secrets(name, given["secret_requests"])
    _check_image(name, given["container_image"])
    maps = [(option, given[option], "text map") for option in ("environment", "labels", "annotations")]
    check_forms(owner, [*maps, ("pod_template_name", given["pod_template_name"], "text")])
    if not isinstance(given["shared_memory"], bool):
        check_forms(owner, [("shared_memory", given["shared_memory"], "text")])
    if given["accelerator"] is not None:
        from autocontainer_nb.core.settings.accelerators import BaseAccelerator

        check_classes(owner, [("accelerator", given["accelerator"], BaseAccelerator)])


def _check_pod_template(name: str, template: Any) -> None:
    if template is None:
        return
    from autocontainer_nb.core.settings.pod import PodTemplate

    if not isinstance(template, PodTemplate):
        raise DefinitionError(
            f"Task {name!r}: pod_template: expected a PodTemplate, got {with_article(type(template))}."
        )


def _check_image(name: str, image: Any) -> None:
    if image is None or (isinstance(image, str) and image):
        return
    from autocontainer_nb.image.spec import ImageSpec

    if not isinstance(image, ImageSpec):
        raise DefinitionError(
            f"Task {name!r}: container_image: expected an image's name or an ImageSpec, got {image!r}."
        )


def check_secrets(name: str, secrets: "list[Secret] | None") -> None:
    """Check what a task requests as secrets.

    Raises:
        DefinitionError: it isn't a list of Secret.
    """
    if not secrets:
        return
    from autocontainer_nb.core.settings.secret_requests import Secret

    if isinstance(secrets, Secret):
        raise DefinitionError(f"Task {name!r}: secret_requests: expected a list, got one Secret. Write [Secret(...)].")
    for secret in secrets:
        if not isinstance(secret, Secret):
            raise DefinitionError(
                f"Task {name!r}: secret_requests: expected Secret objects, got {with_article(type(secret))}."
            )
