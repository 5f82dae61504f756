"""A disk that is soon full."""

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["small_disk"]


@contextmanager
def small_disk(folder: Path, size: int) -> Generator[Path]:
    """A new folder with a file system of ``size`` bytes. Skips where nobody may mount one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=777", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("not in any registry: the right to mount a file system")
    try:
        yield folder
    finally:
        # lazily: a program that the test has killed may still hold files
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
