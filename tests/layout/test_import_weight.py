"""Importing the public API is cheap: what costs time is imported by the first who needs it.

How long it takes is for `benchmarks/wrapper.py` to say; a test can only say what is loaded.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SDKS = {"boto3", "botocore", "google", "oss2", "qcloud_cos", "azure", "qiniu"}
HEAVY = {
    *("asyncio", "concurrent", "multiprocessing", "selectors", "subprocess"),
    *("socket", "ssl", "http", "urllib", "email", "hashlib", "ipaddress"),
    *("dataclasses", "inspect", "ast", "logging", "json", "typing_extensions", "unittest"),
    *("tempfile", "threading", "zlib", "gzip", "zstandard", "sqlite3", "importlib.metadata"),
}
OURS_LATER = {
    *("storewright.services", "storewright.testing", "storewright.codegen"),
    *("storewright.dump", "storewright.cli", "storewright.core.writer", "storewright.core.files"),
}
LOADED = "import sys; before = set(sys.modules); import {}; print(*set(sys.modules) - before)"


def loaded_by(module: str, roots: list[Path]) -> set[str]:
    """The modules, and the packages around them, that importing `module` loads."""
    done = subprocess.run(
        # -S: what the environment's .pth files load would count as free
        [sys.executable, "-S", "-c", LOADED.format(module)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, roots))},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_the_public_api_loads_nothing_heavy(roots: list[Path]) -> None:
    loaded = loaded_by("storewright.storage", roots)
    assert {"storewright.storage", "storewright.core.base", "re"} <= loaded
    assert loaded & (SDKS | HEAVY | OURS_LATER) == set()


def test_a_generated_package_loads_nothing_heavy_either(roots: list[Path]) -> None:
    assert loaded_by("storewright.generated.s3", roots) & (SDKS | HEAVY | OURS_LATER) == set()


@pytest.mark.parametrize("module", ["json", "socket", "dataclasses"])
def test_what_is_loaded_is_seen(module: str, roots: list[Path]) -> None:
    assert {module, "enum"} <= loaded_by(module, roots) & (HEAVY | {"enum"})
