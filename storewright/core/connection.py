"""Connection strings.

.. code-block:: text

    connection = type "://" [ name ] [ "/" work_dir ] [ "?" option *( "&" option ) ]
    option     = key [ "=" value ]

All parts are percent-encoded UTF-8 (``+`` is a plus). Only the delimiters of the grammar need it:
``/`` and ``?`` in a name, ``?`` in work_dir, ``&`` in a key or value, ``=`` in a key, and ``%``
everywhere. A key without ``=`` has the value None, which a bool option reads as true.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Final, NoReturn, Self

from storewright.core import percent
from storewright.core.errors import ConnectionStringInvalid
from storewright.core.record import Record
from storewright.core.redact import MASK, redact, secret_name

__all__ = ["Connection"]

_VALUE_SAFE: Final = ":/,"
_TYPE: Final = re.compile(r"[a-z][a-z0-9_-]*")


class Connection(Record):
    """A connection string taken apart, each part decoded. ``str()`` writes it: secrets included.

    The constructor raises ConnectionStringInvalid for parts that no string could have.
    """

    type: str
    """The service or profile: ``s3``, ``fs``, ``minio``."""
    name: str = ""
    """Bucket or container; empty where the string has none."""
    work_dir: str | None = None
    """Absolute directory, or None where the string has none."""
    options: Mapping[str, str | None] = MappingProxyType({})
    """Options as they were written, in order; None for a bare key."""

    def __post_init__(self) -> None:
        if not _TYPE.fullmatch(self.type):
            _fail("the type must be lower-case letters, digits, '_' or '-'", "write s3://...")
        if self.work_dir is not None and not self.work_dir.startswith("/"):
            _fail("work_dir must be absolute", "begin it with '/'")
        if "" in self.options:
            _fail("an option has no name", "write key=value")
        for part, given in (("name", self.name), ("work_dir", self.work_dir)):
            if given and part in self.options:
                _fail(f"{part} is given twice", f"leave out {part}=")
        object.__setattr__(self, "options", dict(self.options))  # our own, and picklable

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a connection string.

        Raises ConnectionStringInvalid, which tells the position (in characters, from zero), what
        is wrong and how to write it, and never repeats a value.
        """
        type_, separator, rest = text.partition("://")
        if not separator:
            _fail("the type is missing", "write type://name/work_dir?key=value", 0)
        if not _TYPE.fullmatch(type_):
            _fail("the type must be lower-case letters, digits, '_' or '-'", "write s3://...", 0)
        place, _, query = rest.partition("?")
        name, slash, directory = place.partition("/")
        start = len(type_) + len(separator)
        after_name, after_place = start + len(name), start + len(place)
        return cls(
            type_,
            _decode(name, start),
            slash + _decode(directory, after_name + 1) if slash else None,
            _options(query, after_place + 1),
        )

    def redacted(self, secret: Collection[str] | None = None) -> str:
        """The string with ``***`` for the values of secret options, fit for logs.

        ``secret`` names them. None means: credential and everything that ends in ``_key``,
        ``password``, ``token`` or the like, also behind ``default_``.
        """

        def written(key: str, value: str) -> str:
            hidden = secret_name(key) if secret is None else key in secret
            return MASK if hidden else _encode(redact(value), safe=_VALUE_SAFE + MASK)

        pairs = ((k, v if v is None else written(k, v)) for k, v in self.options.items())
        return self._place() + _query(pairs)

    def __hash__(self) -> int:
        return hash((self.type, self.name, self.work_dir))

    def __str__(self) -> str:
        pairs = (
            (k, v if v is None else _encode(v, safe=_VALUE_SAFE)) for k, v in self.options.items()
        )
        return self._place() + _query(pairs)

    def __repr__(self) -> str:
        return f"Connection.parse({self.redacted()!r})"

    def _place(self) -> str:
        return f"{self.type}://{_encode(self.name)}{_encode(self.work_dir or '', safe='/')}"


def _options(query: str, position: int) -> dict[str, str | None]:
    """Options of the part after ``?``, which begins at ``position``. Empty ones are skipped."""
    options: dict[str, str | None] = {}
    for option in query.split("&"):
        written, equals, value = option.partition("=")
        key = _decode(written, position)
        if equals and not key:
            _fail("an option has no name", "write key=value", position)
        if key in options:
            _fail(f"option {key!r} is given twice", "leave one out", position)
        if key:
            options[key] = _decode(value, position + len(written) + 1) if equals else None
        position += len(option) + 1
    return options


def _query(options: Iterable[tuple[str, str | None]]) -> str:
    """``?key=value&bare``, the values already encoded; empty without options."""
    written = (
        _encode(key) if value is None else f"{_encode(key)}={value}" for key, value in options
    )
    text = "&".join(written)
    return f"?{text}" if text else ""


def _encode(text: str, safe: str = "") -> str:
    try:
        return percent.encode(text, safe)
    except UnicodeEncodeError:
        _fail("a part holds half a surrogate pair, which no text can")


def _decode(text: str, position: int) -> str:
    try:
        return percent.decode(text)
    except percent.MalformedPercent as error:
        _fail(str(error), "write a percent sign as %25", position + error.position)


def _fail(message: str, hint: str = "", position: int | None = None) -> NoReturn:
    where = "connection string" if position is None else f"connection string, character {position}"
    raise ConnectionStringInvalid(f"{where}: {message}", hint=hint) from None
