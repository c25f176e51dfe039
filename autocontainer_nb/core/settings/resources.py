"""Resources that a task requests, such as CPU and memory, in Kubernetes' quantities."""

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from autocontainer_nb.errors import DefinitionError

if TYPE_CHECKING:
    from decimal import Decimal

# Kubernetes' `resource.Quantity`: a decimal number, then a decimal exponent, an SI suffix or a binary suffix.
_QUANTITY: Final = re.compile(r"[+]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?")

_BINARY: Final = "KMGTPE"
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}


@dataclass(frozen=True)
class Resources:
    """Resources of one container: Kubernetes quantities such as `"500m"`, `"2"`, `"1.5Gi"`, or numbers.

    In `@task(resources=...)`, which sets requests and limits at once, a pair means (request, limit).
    """

    cpu: str | float | tuple[str | float, str | float] | None = None
    mem: str | int | tuple[str | int, str | int] | None = None
    gpu: str | int | tuple[str | int, str | int] | None = None
    ephemeral_storage: str | int | tuple[str | int, str | int] | None = None

    @property
    def has_pairs(self) -> bool:
        """Whether a value is a pair (request, limit)."""
        return any(isinstance(getattr(self, field.name), tuple | list) for field in fields(self))

    def __post_init__(self) -> None:
        """Raise DefinitionError for quantities that Kubernetes would refuse, before anything reaches the cluster."""
        for field in fields(self):
            value = getattr(self, field.name)
            parts = value if isinstance(value, tuple | list) else (value,)
            if len(parts) not in {1, 2}:
                raise DefinitionError(
                    f"Resources.{field.name}: expected one value or a pair (request, limit), got {value!r}."
                )
            for part in parts:
                if part is not None and field.name == "gpu" and not _is_whole(part):
                    raise DefinitionError(
                        f"Resources.gpu: expected a whole number, since Kubernetes gives no parts of one, got {part!r}."
                    )
                if part is not None and not _is_quantity(part):
                    raise DefinitionError(
                        f"Resources.{field.name}: expected a Kubernetes quantity such as '500m', '2' or '1.5Gi', "
                        f"got {part!r}."
                    )


@dataclass(frozen=True)
class ResourceSpec:
    """Requests and limits of one container."""

    requests: Resources
    limits: Resources

    @classmethod
    def from_multiple_resource(cls, resource: Resources) -> "ResourceSpec":
        """Return the spec of one `Resources`: pairs are (request, limit), single values are requests."""
        sides: list[dict[str, str | float | None]] = [{}, {}]
        for field in fields(resource):
            value = getattr(resource, field.name)
            parts = tuple(value) if isinstance(value, tuple | list) else (value, None)
            sides[0][field.name], sides[1][field.name] = parts[0], parts[-1]
        return cls(requests=Resources(**sides[0]), limits=Resources(**sides[1]))  # type: ignore[arg-type]  # by field name

    def checked(self, owner: str) -> "ResourceSpec":
        """Return this, after checking that nothing is requested beyond its limit, which Flyte refuses for a task.

        Raises:
            DefinitionError: something is.
        """
        for field in fields(self.requests):
            request, limit = getattr(self.requests, field.name), getattr(self.limits, field.name)
            if request is not None and limit is not None and _amount(request) > _amount(limit):
                raise DefinitionError(
                    f"{owner}: requests {request!r} of {field.name}, which is more than the limit {limit!r}. Raise the "
                    "limit, or request less."
                )
        return self


def _amount(quantity: str | float) -> "Decimal":
    """Return the number that a quantity stands for."""
    from decimal import Decimal  # not in a container, where nobody asks

    text = str(quantity)
    if text.endswith("i"):
        return Decimal(text[:-2]) * Decimal(1024) ** (_BINARY.index(text[-2]) + 1)
    if text[-1] in _DECIMAL:
        return Decimal(text[:-1]) * Decimal(10) ** _DECIMAL[text[-1]]
    return Decimal(text)


def _is_whole(quantity: object) -> bool:
    if isinstance(quantity, int) or not _is_quantity(quantity):  # what is no quantity has its own error
        return True
    return quantity.is_integer() if isinstance(quantity, float) else _amount(str(quantity)) % 1 == 0


def _is_quantity(value: object) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return value >= 0
    return isinstance(value, str) and _QUANTITY.fullmatch(value) is not None
