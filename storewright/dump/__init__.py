"""Dump a database to any storage service, and restore it from there.

.. code-block:: python

    from storewright.dump import DumpOptions, dump, restore, verify

    manifest = dump("sqlite:///app.db", "s3://bucket/backups/monday")
    restore("s3://bucket/backups/monday", "sqlite:///copy.db")

The package uses nothing but the public interface of :mod:`storewright.storage`. Its commands are in
:mod:`storewright.dump.commands`, for they need click and rich.
"""

from storewright.dump.cleaner import Leftover, clean, find_leftovers
from storewright.dump.dumper import dump
from storewright.dump.errors import (
    DumpDamaged,
    DumpError,
    DumpRefused,
    ManifestMissing,
    OptionInvalid,
    SourceFailed,
    TargetFailed,
)
from storewright.dump.manifest import FileRecord, Manifest
from storewright.dump.options import CsvOptions, DumpOptions, Layout
from storewright.dump.pipe import pipe
from storewright.dump.progress import (
    LogProgress,
    NoProgress,
    Progress,
    RichProgress,
    default_progress,
)
from storewright.dump.restorer import restore
from storewright.dump.sqlite import content_sum, schema, table_names
from storewright.dump.verifier import Verification, verify

__all__ = [
    "CsvOptions",
    "DumpDamaged",
    "DumpError",
    "DumpOptions",
    "DumpRefused",
    "FileRecord",
    "Layout",
    "Leftover",
    "LogProgress",
    "Manifest",
    "ManifestMissing",
    "NoProgress",
    "OptionInvalid",
    "Progress",
    "RichProgress",
    "SourceFailed",
    "TargetFailed",
    "Verification",
    "clean",
    "content_sum",
    "default_progress",
    "dump",
    "find_leftovers",
    "pipe",
    "restore",
    "schema",
    "table_names",
    "verify",
]
