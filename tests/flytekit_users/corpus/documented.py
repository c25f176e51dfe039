"""Docstrings of tasks and workflows, in several styles, and documentation beside them."""

from flytekit import Documentation, task, workflow
from flytekit.models.documentation import Description, SourceCode
from flytekit.models.documentation import Documentation as SameDocumentation


@task
def add(a: int, b: int) -> int:
    """
    Add two numbers.

    :param a: the first number
    :param b: the second number
    :return: their sum
    """
    return a + b


@task(
    docs=Documentation(short_description="Doubles", long_description=Description(value="more")) if Description else None
)
def double(x: int) -> int:
    """Doubles a number.

    Args:
        x: the number
    Returns:
        twice as much
    """
    return 2 * x


@workflow
def numpy_style(a: int, b: int = 2) -> int:
    """
    Adds and doubles.

    Parameters
    ----------
    a: int
        the first number
    b: int
        the second number

    Returns
    -------
    out: int
        a number
    """
    return double(x=add(a=a, b=b))


assert numpy_style(a=1) == 6
assert add.docs.short_description == "Add two numbers."
assert numpy_style.docs.short_description.startswith("Adds and doubles")
assert Documentation is SameDocumentation and SourceCode is not None
assert double.docs is not None
