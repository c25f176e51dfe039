"""Code objects in the pickle: native on the minor version that captured them, rebuilt from source on another one.

Every archive calls `load_portable`, by its name in `pickled_names`. What another minor needs is put into `rebuilt` by
`rebuild`, before anything is unpickled.
"""

import sys
from types import CodeType
from typing import Final

from autocontainer_nb.errors import PythonVersionError
from autocontainer_nb.pickling.code import load_code

THIS_MINOR: Final = f"{sys.version_info.major}.{sys.version_info.minor}"

rebuilt: Final[dict[str, CodeType]] = {}  # by the key of the code's record, which is made of its source's hash


def load_portable(minor: str, key: str, data: bytes) -> CodeType:
    """Return the code object: `data` unmarshalled on the minor version that wrote it, the one rebuilt elsewhere.

    Raises:
        PythonVersionError: another minor version wrote it and it wasn't rebuilt.
    """
    if minor == THIS_MINOR:
        return load_code(data)
    code = rebuilt.get(key)
    if code is None:
        raise PythonVersionError(
            f"A code object ({key}) was captured by Python {minor} and is loaded by Python {THIS_MINOR}, but wasn't "
            "rebuilt from its source. Load the file with load_pickled_entity, which does that first."
        )
    return code
