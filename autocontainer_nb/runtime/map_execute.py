"""`pyflyte-map-execute`: run a map task's code for one item in this container.

Which item it is stands in a variable. Where none says so, the container goes through all items: a map task that was
launched by itself.
"""

import os
import sys

from autocontainer_nb.runtime.environment import command_line
from autocontainer_nb.runtime.execute import execute
from autocontainer_nb.wire import MAP_EXECUTE_SCRIPT


def main() -> None:
    """Run the command line of this process; never returns."""
    code = execute(command_line(), MAP_EXECUTE_SCRIPT)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # as in `pyflyte-execute`
