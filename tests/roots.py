"""Where the sources are, for tests that read them and for processes that import from them."""

import os
from pathlib import Path
from typing import Final

__all__ = ["PYTHONPATH", "REPOSITORY", "ROOTS"]

REPOSITORY: Final = Path(__file__).parents[1]
ROOTS: Final = [REPOSITORY, *(REPOSITORY / name for name in ("codegen", "generated", "services"))]
"""The source roots; inside each, the path is the import path."""
PYTHONPATH: Final = os.pathsep.join(map(str, ROOTS))
"""The variable of a process that finds our modules, installed or not."""
