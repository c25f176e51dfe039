"""What holds texts in the tests of meaning: nothing in this source itself may be a credential, since it travels."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

WORD = "hunter2" + "hunter2"  # a credential by its name alone


class Plain:
    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


class Slotted:
    __slots__ = ("password",)

    def __init__(self, password: str) -> None:
        self.password = password


class Secret:
    """As pydantic's SecretStr has it: the name is its holder's."""

    def __init__(self, value: str) -> None:
        self._secret_value = value


class Reduced:
    """Gives itself to pickle as a call, whose arguments have no names."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __reduce__(self) -> Any:
        return Reduced, (self.text,)


class Account(NamedTuple):
    name: str
    password: str


@dataclass
class Settings:
    password: str
    tags: list[str] = field(default_factory=list)


def closing_over(password: str) -> Any:
    return lambda: password


def defaulting(text: str) -> Any:
    def function(x: int, password: str = text) -> int:
        return x if password else 0

    return function
