"""Dump a database to the file system and to an S3 server, restore both, and compare.

    make demo

builds a SQLite database of more than 200,000 rows under ``build/demo``, dumps it to a folder and,
encrypted with a key that only the client knows (SSE-C), to an S3 server that runs meanwhile. Each
dump is restored into a new database, and every table is compared: the same schema, the same rows,
to the bit. The exit code is 0 only if nothing differs.
"""

import argparse
import random
import shutil
import sqlite3
import sys
import time
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from rich.console import Console
from rich.table import Table

from storewright import storage
from storewright.dump import (
    DumpOptions,
    Manifest,
    content_sum,
    default_progress,
    dump,
    restore,
    schema,
    table_names,
    verify,
)
from storewright.testing.servers import SeaweedFS

FOLDER: Final = Path(__file__).parent.parent / "build" / "demo"
MIB: Final = 1024 * 1024
PART_SIZE: Final = 5 * MIB  # the smallest that S3 allows
LARGE: Final = 10 * MIB
WORDS: Final = (
    *("storage", "wright", "dump", "größer", "naïve", "存储", "данные", "🗄️"),
    *("it's", '"quoted"', "back\\slash", "tab\t", "line\nend"),
)

SCHEMA: Final = """
CREATE TABLE customers(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL COLLATE NOCASE,
  email TEXT UNIQUE,
  balance INTEGER,
  domain TEXT AS (substr(email, instr(email, '@') + 1)) VIRTUAL
);
CREATE TABLE orders(
  id INTEGER PRIMARY KEY,
  customer INTEGER REFERENCES customers(id),
  total REAL,
  note TEXT,
  placed TEXT DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX orders_by_customer ON orders(customer, placed DESC);
CREATE TABLE documents(id INTEGER PRIMARY KEY, title TEXT, body TEXT, scan BLOB);
CREATE TABLE settings(scope TEXT, key TEXT, value, PRIMARY KEY(scope, key)) WITHOUT ROWID;
CREATE TABLE "awkward ""name"", 100%/-schema.x"("select" TEXT, "a b" ANY);
CREATE TABLE nothing_yet(x);
CREATE VIEW rich_customers AS SELECT name, balance FROM customers WHERE balance > 0;
CREATE TRIGGER forget AFTER DELETE ON customers BEGIN
  DELETE FROM orders WHERE customer = old.id;
END;
"""
ROWS: Final = {"customers": 60_000, "orders": 160_000, "documents": 12_000, "settings": 3_000}

console = Console()


@dataclass(frozen=True)
class Copy:
    """One dump and the database restored from it."""

    title: str
    path: Path
    manifest: Manifest
    parts: dict[str, int]
    """Parts of the largest file of each table, where files are uploaded in parts."""


def main() -> int:
    """Run the demonstration; 0 if everything came back."""
    arguments = argparse.ArgumentParser(description="See the head of this file.")
    arguments.add_argument("--folder", type=Path, default=FOLDER, help="default: %(default)s")
    folder: Path = arguments.parse_args().folder
    start = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    source = folder / "app.db"
    build(source)
    copies = [to_file_system(source, folder), to_s3(source, folder)]
    same = compare(source, copies)
    console.print(
        f"\n[bold]{'Everything came back.' if same else '[red]Something differs.'}[/]"
        f" {time.monotonic() - start:.1f} s, files are in {folder}"
    )
    return 0 if same else 1


def build(path: Path) -> None:
    """Fill a new database with random rows, the same ones in every run."""
    generator = random.Random(20210419)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA)
        fill(connection, "customers(id, name, email, balance)", customers(generator))
        fill(connection, "orders", orders(generator))
        fill(connection, "documents", documents(generator))
        fill(connection, "settings", settings())
        fill(connection, '"awkward ""name"", 100%/-schema.x"', [("x", 1), (None, b"\0\xff")])
        connection.execute("DELETE FROM customers WHERE id > ?", (ROWS["customers"] - 5,))
        connection.commit()
        rows = sum(
            int(content_sum(connection, t).partition(":")[0]) for t in table_names(connection)
        )
    console.print(f"[bold]Built[/] {path}: {rows:,} rows, {path.stat().st_size / MIB:.0f} MiB")


def fill(connection: sqlite3.Connection, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Insert rows, of which the first says how many values each has."""
    iterator = iter(rows)
    first = next(iterator)
    insert = f"INSERT INTO {table} VALUES({','.join('?' * len(first))})"
    connection.execute(insert, first)
    connection.executemany(insert, iterator)


def text(generator: random.Random, most: int) -> str:
    """Up to ``most`` words of several scripts, with everything that needs quoting."""
    return " ".join(generator.choices(WORDS, k=generator.randint(0, most)))


def customers(generator: random.Random) -> Iterator[tuple[object, ...]]:
    """Names in any script, unique or missing addresses, integers of up to 64 bits."""
    for number in range(1, ROWS["customers"] + 1):
        email = None if number % 7 == 0 else f"user{number}@example.org"
        yield number, text(generator, 4), email, generator.randrange(-(2**63), 2**63)


def orders(generator: random.Random) -> Iterator[tuple[object, ...]]:
    """Real numbers with all their digits, infinity, NULL, and texts with NUL characters."""
    for number in range(ROWS["orders"]):
        total = float("inf") if number % 9973 == 0 else generator.gauss(0, 1) * 10 ** (number % 9)
        note = "a\0b" if number % 9967 == 0 else text(generator, 6) or None
        customer = generator.randint(1, ROWS["customers"])
        yield number, customer, total, note, f"2021-04-{number % 30 + 1:02d}"


def documents(generator: random.Random) -> Iterator[tuple[object, ...]]:
    """Long texts, and binary data of any bytes."""
    for number in range(ROWS["documents"]):
        scan = generator.randbytes(generator.randrange(1500)) if number % 5 else None
        yield number, text(generator, 3), text(generator, 120), scan


def settings() -> Iterator[tuple[object, ...]]:
    """A table that is its own index, with values of every type in one column."""
    values = (None, -(2**63), 2**63 - 1, 0.1 + 0.2, "text", b"\x00\xfe", "", b"")
    for number in range(ROWS["settings"]):
        yield f"scope {number % 50}", f"key {number}", values[number % len(values)]


def to_file_system(source: Path, folder: Path) -> Copy:
    """Dump to a folder as compressed CSV would do too; here as plain SQL that anybody can read."""
    place = f"fs://{quote(str(folder / 'dump'))}"
    manifest = there_and_back(source, place, folder / "restored-from-fs.db")
    console.print(f"  the dump is in {folder / 'dump'}")
    return Copy("file system", folder / "restored-from-fs.db", manifest, {})


def to_s3(source: Path, folder: Path) -> Copy:
    """Dump to an S3 server with SSE-C: the server encrypts, and forgets the key each time."""
    key = quote(b64encode(random.Random(1).randbytes(32)).decode(), safe="")
    with SeaweedFS() as server:
        server.client().create_bucket(Bucket="demo")
        place = (
            f"{server.connection('demo', 'backups/monday')}"
            "&default_server_side_encryption_customer_algorithm=AES256"
            f"&default_server_side_encryption_customer_key={key}"
        )
        manifest = there_and_back(source, place, folder / "restored-from-s3.db")
        parts = count_parts(storage.open(place), manifest)
        console.print(f"  the dump was in s3://demo/backups/monday at {server.endpoint}")
    return Copy("S3, SSE-C", folder / "restored-from-s3.db", manifest, parts)


def there_and_back(source: Path, place: str, target: Path) -> Manifest:
    """Dump, verify, restore, and say how long it took."""
    shown = place.partition("?")[0]
    start = time.monotonic()
    manifest = dump(
        f"sqlite:///{source}", place, DumpOptions(part_size=PART_SIZE), progress=default_progress()
    )
    tell("Dumped to", shown, manifest, start)
    start = time.monotonic()
    if problems := verify(place, progress=default_progress()).problems:
        raise SystemExit("\n".join(problems))
    tell("Verified", shown, manifest, start)
    start = time.monotonic()
    restore(place, f"sqlite:///{target}", progress=default_progress())
    tell("Restored to", str(target), manifest, start)
    return manifest


def tell(what: str, where: str, manifest: Manifest, start: float) -> None:
    """One line about a step that has ended."""
    seconds = time.monotonic() - start
    console.print(
        f"[bold]{what}[/] {where}: {manifest.rows:,} rows in {len(manifest.files)} files,"
        f" {manifest.size / MIB:.0f} MiB, {seconds:.1f} s",
        soft_wrap=True,
    )


def count_parts(store: storage.Storager, manifest: Manifest) -> dict[str, int]:
    """How many parts S3 made the files of: it says so after a dash in the ETag."""
    counts: dict[str, int] = {}
    for record in manifest.files:
        if record.kind == "data":
            etag = store.stat(record.path).etag or ""
            _, _, parts = etag.strip('"').partition("-")
            counts[record.table] = max(counts.get(record.table, 0), int(parts or 1))
            if record.size > LARGE and counts[record.table] < 2:
                raise SystemExit(f"{record.path} was not uploaded in parts")
    return counts


def compare(source: Path, copies: list[Copy]) -> bool:
    """Show a line for each table; whether all copies have the schema and the rows of the source."""
    shown = Table("table", "rows", "parts on S3", "content sum", *(copy.title for copy in copies))
    shown.columns[0].overflow = "fold"
    shown.columns[1].justify = shown.columns[2].justify = "right"
    same = True
    with closing(sqlite3.connect(source)) as original:
        paths = [sqlite3.connect(copy.path) for copy in copies]
        alike = [schema(other) == schema(original) for other in paths]
        same &= all(alike)
        shown.add_row("[i]schema", "", "", "", *map(verdict, alike), end_section=True)
        for table in table_names(original):
            expected = content_sum(original, table)
            alike = [content_sum(other, table) == expected for other in paths]
            same &= all(alike)
            rows, _, digest = expected.partition(":")
            parts = next((str(c.parts[table]) for c in copies if table in c.parts), "")
            shown.add_row(table, f"{int(rows):,}", parts, digest[:8] + "…", *map(verdict, alike))
        for other in paths:
            other.close()
    console.print(shown)
    return same


def verdict(alike: bool) -> str:
    """A cell of the table."""
    return "[green]equal" if alike else "[bold red]DIFFERENT"


if __name__ == "__main__":
    sys.exit(main())
