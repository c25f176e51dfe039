"""`python -m autocontainer_nb.cli`: the same as the command `autocontainer-nb`."""

import sys

from autocontainer_nb.cli.main import main

sys.exit(main())
