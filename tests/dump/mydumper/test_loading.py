"""What stream mode has stored, the loader puts back: row by row what the real mydumper had read."""

from pathlib import Path

import pytest

from storewright import storage
from storewright.dump import restore
from storewright.dump.mydumper import Settings, mydumper
from storewright.testing.servers import MariaDB
from tests.dump.mysql.support import myloader, new_name, run_sql

from .replay import Config, program
from .stream_support import recorded_files

SOURCE = Path(__file__).parent / "recorded" / "shop.sql"
TABLES = ["customers", "orders", "odd name", "we.ird/name", "nothing", "no_key", "large"]


def rows(server: MariaDB, database: str) -> dict[str, bytes]:
    """Every row of each table, sorted."""
    return {
        table: b"\n".join(
            sorted(
                run_sql(
                    server, f"SELECT * FROM `{database}`.`{table}`", "--binary-as-hex"
                ).splitlines()
            )
        )
        for table in TABLES
    }


@pytest.mark.server
def test_myloader_restores_every_row(mariadb: MariaDB, tmp_path: Path) -> None:
    """Debian's myloader 0.10, of a dump by 1.0.1 in pieces."""
    original, loaded = new_name(), new_name()
    run_sql(mariadb, SOURCE.read_text().replace("shop", original))
    script = program(tmp_path, Config(str(recorded_files(tmp_path / "recorded"))))
    store = storage.open("memory://")
    mydumper(Settings(program=str(script), output=tmp_path / "out"), store)
    restore(store, str(tmp_path / "restored"))
    myloader(mariadb, tmp_path / "restored", loaded)
    before, after = rows(mariadb, original), rows(mariadb, loaded)
    # texts name their database where they were recorded
    assert after == {
        name: rows.replace(original.encode(), b"shop") for name, rows in before.items()
    }
    assert {name: rows.count(b"\n") + 1 for name, rows in after.items()}["orders"] == 3000
