"""The manifest: what belongs to a dump. It is written last, so it also says that all is there."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, Literal, Self, TypeAlias

from storewright.dump.dialect import DEFINITION_KINDS, DefinitionKind
from storewright.dump.errors import DumpDamaged, OptionInvalid
from storewright.dump.options import CsvOptions, Layout

__all__ = ["FORMAT", "FileRecord", "Manifest", "tool_version"]

FORMAT: Final = "storewright-dump"
"""What stands in a manifest of ours."""
_VERSION: Final = 1

_UNREADABLE: Final = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,  # of a number without end
    RecursionError,  # of brackets without end
)

FileKind: TypeAlias = DefinitionKind | Literal["data", "metadata"]
_KINDS: Final = frozenset({*DEFINITION_KINDS, "data", "metadata"})


def tool_version() -> str:
    """Version of storewright, as it is installed."""
    try:
        return version("storewright")
    except PackageNotFoundError:
        return "unknown"


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One file of a dump, as it is stored."""

    path: str
    """Relative to the destination."""
    kind: FileKind
    database: str
    """The database it belongs to, or empty."""
    table: str
    """The table or view it belongs to, or empty."""
    rows: int
    size: int
    """Bytes, after compression."""
    sha256: str
    """Hexadecimal digest of the stored bytes."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A complete dump."""

    dialect: str
    details: Mapping[str, str]
    """About the source, for example the version of its server."""
    layout: Layout
    started: str
    """UTC, ISO 8601."""
    finished: str
    databases: Mapping[str, Mapping[str, int]]
    """Rows of each table of each database."""
    files: tuple[FileRecord, ...]
    """Definitions in the order in which they are to be run, then data, then the metadata."""
    sums: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, dict[str, str]])
    """Content sums of the tables of each database; empty if none were wanted."""
    tool: str = field(default_factory=tool_version)

    @property
    def rows(self) -> int:
        """Rows in all."""
        return sum(sum(tables.values()) for tables in self.databases.values())

    @property
    def tables(self) -> int:
        """How many tables there are."""
        return sum(map(len, self.databases.values()))

    @property
    def title(self) -> str:
        """The databases by name, for people."""
        return ", ".join(self.databases) or "nothing"

    @property
    def size(self) -> int:
        """Bytes in all, as stored."""
        return sum(record.size for record in self.files)

    def to_json(self) -> bytes:
        """The manifest as a file."""
        content = {"format": FORMAT, "version": _VERSION, **asdict(self)}
        return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Read a manifest. Raises DumpDamaged if it is none, or one of a later format."""
        try:
            content: Any = json.loads(data)
            if content["format"] != FORMAT:
                raise DumpDamaged(f"the manifest is of another program: {content['format']!r}")
            if content["version"] != _VERSION:
                raise DumpDamaged(
                    f"the manifest has format version {content['version']}, this storewright"
                    f" ({tool_version()}) reads version {_VERSION}: use a later storewright"
                )
            return cls._from_content(content)
        except _UNREADABLE as error:
            if isinstance(error, OptionInvalid):
                raise DumpDamaged(f"the manifest is not usable: {error}") from error
            # not its repr: that of a UnicodeDecodeError has the whole file
            what = f"{type(error).__name__}: {error}"
            raise DumpDamaged(f"the manifest is not readable: {what}") from error

    @classmethod
    def _from_content(cls, content: dict[str, Any]) -> Self:
        layout = dict(content["layout"])
        layout["csv"] = CsvOptions(**_alike(layout["csv"], CsvOptions()))
        return cls(
            dialect=str(content["dialect"]),
            details={str(k): str(v) for k, v in content["details"].items()},
            layout=Layout(**_alike(layout, Layout())),
            started=str(content["started"]),
            finished=str(content["finished"]),
            databases={
                str(name): {str(table): int(rows) for table, rows in tables.items()}
                for name, tables in content["databases"].items()
            },
            files=_records(content["files"]),
            sums={
                str(name): {str(table): str(value) for table, value in tables.items()}
                for name, tables in content.get("sums", {}).items()
            },
            tool=str(content["tool"]),
        )


def _records(contents: list[dict[str, Any]]) -> tuple[FileRecord, ...]:
    """Raises ValueError for what no dump has: nothing that is listed may be passed over."""
    records = tuple(FileRecord(**_alike(c, _EXAMPLE)) for c in contents)
    for record in records:
        if record.kind not in _KINDS:
            raise ValueError(f"{record.path} is of the kind {record.kind!r}")
    if len({record.path for record in records}) < len(records):
        raise ValueError("a file is listed twice")
    return records


_EXAMPLE: Final = FileRecord("", "data", "", "", 0, 0, "")


def _alike(content: Mapping[str, Any], example: object) -> Mapping[str, Any]:
    """The content, whose values are of the types that those of the example have."""
    for name, value in content.items():
        if type(value) is not type(getattr(example, name)):
            raise ValueError(f"{name} is {value!r}")
    return content
