"""A disk that is full in the middle of a dump."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.small_disk import small_disk

from .faults import check_failed, start_dump

pytestmark = pytest.mark.server


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 10 MiB."""
    with small_disk(tmp_path / "disk", 10 * 1024 * 1024) as mounted:
        yield mounted


def test_a_full_disk(disk: Path, shop: str) -> None:
    """It is no use to try again, and nothing is left, not even a file of half a table."""
    place = f"fs://{disk}/out"
    with start_dump(shop, place) as process:
        done = process.end()
    check_failed(done, "no space is left on the device")
    assert "trying again" not in done.errors
    assert [path for path in disk.rglob("*") if path.is_file()] == []
    with start_dump(shop, place, "--compress=gzip") as process:
        assert process.end().status == 0
