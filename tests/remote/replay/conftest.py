"""The folder's own modules are importable by name."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
if str(HERE) not in sys.path:  # pytest's importlib mode adds nothing
    sys.path.insert(0, str(HERE))
