"""Who looks for credentials in this process, and how what was found is told."""

from collections.abc import Sequence

from autocontainer_nb.core.environment import variables
from autocontainer_nb.pickling.explanation.credentials import CredentialFinder
from autocontainer_nb.pickling.explanation.findings import Credential, bullets


def process_finder() -> CredentialFinder:
    """Return a finder that knows the secret-looking environment variables of this process."""
    return CredentialFinder.with_environment(variables())


def credential_warning(found: Sequence[Credential]) -> str:
    """Return what is said where a file with possible credentials was written and nothing is uploaded."""
    return f"The file may hold {counted(found)}: give it to nobody, and upload it nowhere.\n{listed(found)}"


def counted(found: Sequence[Credential]) -> str:
    """Return `a credential`, or how many there are."""
    return "a credential" if len(found) == 1 else f"{len(found)} credentials"


def listed(found: Sequence[Credential]) -> str:
    """Return a line for each: where it is, and what it looks like."""
    return bullets(one.describe() + "." for one in found)
