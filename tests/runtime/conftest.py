"""The folder's own modules are importable by name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from container_fixture import container  # noqa: F401 - the path comes first; a fixture is used by its name
