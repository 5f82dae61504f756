"""A disk that is full in the middle of a dump."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .faults import check_failed, start_dump

pytestmark = pytest.mark.server


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 10 MiB."""
    mounted = tmp_path / "disk"
    mounted.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=10m,mode=777", "tmpfs", str(mounted)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("not in any registry: the right to mount")
    try:
        yield mounted
    finally:
        subprocess.run(["umount", str(mounted)], check=True)


def test_a_full_disk(small_disk: Path, shop: str) -> None:
    """It is no use to try again, and nothing is left, not even a file of half a table."""
    place = f"fs://{small_disk}/out"
    with start_dump(shop, place) as process:
        done = process.end()
    check_failed(done, "no space is left on the device")
    assert "trying again" not in done.errors
    assert [path for path in small_disk.rglob("*") if path.is_file()] == []
    with start_dump(shop, place, "--compress=gzip") as process:
        assert process.end().status == 0
