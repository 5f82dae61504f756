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
LOADED = "import sys; before = set(sys.modules); {}; print(*set(sys.modules) - before)"


def loaded_by(program: str, roots: list[Path]) -> set[str]:
    """The modules, and the packages around them, that a line of Python loads."""
    done = subprocess.run(
        # -S: what the environment's .pth files load would count as free
        [sys.executable, "-S", "-c", LOADED.format(program)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, roots))},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_the_public_api_loads_nothing_heavy(roots: list[Path]) -> None:
    loaded = loaded_by("import storewright.storage", roots)
    assert {"storewright.storage", "storewright.core.base", "re"} <= loaded
    assert loaded & (SDKS | HEAVY | OURS_LATER) == set()


def test_a_generated_package_loads_nothing_heavy_either(roots: list[Path]) -> None:
    assert (
        loaded_by("import storewright.generated.s3", roots) & (SDKS | HEAVY | OURS_LATER) == set()
    )


@pytest.mark.parametrize(
    ("address", "needed"),
    [("memory://", {"threading"}), ("fs://{}", {"threading", "json"})],
    ids=["memory", "fs"],
)
def test_the_first_open_pays_for_little_more(
    address: str, needed: set[str], roots: list[Path], tmp_path: Path
) -> None:
    place = address.format(tmp_path)
    program = f"from storewright import storage; storage.open({place!r}).write('a', b'x')"
    assert (loaded_by(program, roots) & (SDKS | HEAVY)) - needed == set()


@pytest.mark.parametrize("module", ["json", "socket", "dataclasses"])
def test_what_is_loaded_is_seen(module: str, roots: list[Path]) -> None:
    assert {module, "enum"} <= loaded_by(f"import {module}", roots) & (HEAVY | {"enum"})
