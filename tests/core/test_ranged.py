import pytest

from storewright.core.errors import PairValueInvalid
from storewright.core.ranged import range_header

LAST = (1 << 63) - 1


@pytest.mark.parametrize(
    ("offset", "size", "header"),
    [
        (0, None, None),
        (5, None, "bytes=5-"),
        (0, 1, "bytes=0-0"),
        (5, 3, "bytes=5-7"),
        (0, LAST, f"bytes=0-{LAST - 1}"),
        (5, LAST, f"bytes=5-{LAST}"),
        (0, 1 << 70, f"bytes=0-{LAST}"),
        (1 << 70, 2, f"bytes={1 << 70}-{1 << 70}"),
    ],
)
def test_a_range_ends_where_stores_can_still_count(
    offset: int, size: int | None, header: str | None
) -> None:
    assert range_header(offset, size) == header


@pytest.mark.parametrize("offset", [0, 5])
def test_no_range_has_no_bytes(offset: int) -> None:
    with pytest.raises(PairValueInvalid, match="0 bytes"):
        range_header(offset, 0)
