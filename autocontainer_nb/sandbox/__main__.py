"""`python -m autocontainer_nb.sandbox --home DIR`: serve in the foreground until SIGTERM or SIGINT."""

import argparse
import logging
import sys

from autocontainer_nb.errors import SandboxError
from autocontainer_nb.sandbox.environment import home_directory
from autocontainer_nb.sandbox.home_paths import Layout
from autocontainer_nb.sandbox.server import serve


def main(arguments: list[str] | None = None) -> int:
    """Serve, and return the exit code of the process."""
    parser = argparse.ArgumentParser(prog="python -m autocontainer_nb.sandbox", description=__doc__)
    parser.add_argument(
        "--home", help="directory for all state (default: $AUTOCONTAINER_NB_HOME or ~/.autocontainer-nb)"
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(threadName)s: %(message)s")
    try:
        serve(Layout(home=home_directory(options.home)))
    except SandboxError as error:
        logging.getLogger(__name__).critical("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
