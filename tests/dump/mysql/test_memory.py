"""Memory is bounded by threads and parts, whatever the rows are."""

from pathlib import Path

import pytest
from harness.contender import MIB
from harness.dump_memory import BOUND, long_rows, peak_of_dump

from storewright.testing.servers import MariaDB, SeaweedFS


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.parametrize("kind", ["fs", "s3"])
def test_rows_of_5_mb(
    request: pytest.FixtureRequest,
    mariadb: MariaDB,
    seaweedfs: SeaweedFS,
    tmp_path: Path,
    kind: str,
) -> None:
    place = f"fs://{tmp_path}/out"
    if kind == "s3":
        place = seaweedfs.connection(request.getfixturevalue("s3_bucket"), "out")
    long_rows(mariadb, 40)
    peak = peak_of_dump(mariadb, place)
    print(f"{kind}: peak {peak / MIB:.0f} MiB of {BOUND / MIB:.0f}")
    assert peak < BOUND
