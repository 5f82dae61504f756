"""Uploads that outlive their process: what is kept in a file, and how another one goes on."""

import json
import os
import stat
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from time import monotonic
from typing import IO, Any, Final, NamedTuple, cast

import click

from storewright import storage
from storewright.cli import show
from storewright.cli.copying import READS, WRITES
from storewright.cli.failures import Failed
from storewright.cli.places import Place
from storewright.cli.progress import Meter, meter
from storewright.cli.session import End, GivenPair, Session, Settings, Use, specs
from storewright.cli.streams import from_stream
from storewright.cli.transfer import Transfer, check_size
from storewright.cli.walk import refuse_directory

__all__ = ["put_resumable", "resume_upload"]

_VERSION: Final = 1
_MOMENT: Final = 1.0
"""Seconds between two writes of the file. The upload's id is kept at once: it is what matters."""


class _Kept(NamedTuple):
    """What the file holds besides the state of the writer. No secret is among it."""

    destination: str
    """The object, as a connection string without secret options."""
    pairs: list[list[str | None]]
    """Options of the writer: name and text."""
    secrets: list[str]
    """Names of the writer's options that are secret, and must be given again."""
    size: int
    mtime_ns: int
    """When the local file was changed, which it must not be in between."""


def put_resumable(settings: Settings, source: str, target: str, kept: str, *, verify: bool) -> None:
    """Write a local file to an object, and keep in the file ``kept`` how to go on with it."""
    place = Place.parse(target)
    if place.is_directory:
        place = place.child(os.path.basename(source))
    if os.path.lexists(kept):
        hint = "go on with `storewright mpu resume`, or remove it"
        raise Failed(f"put: {kept}: there is such a file ({hint})")
    uses = [Use(Place.parse(source), READS, "src"), _target(place)]
    with Session(settings, uses) as session, meter(settings, "writing") as shown:
        origin, end = session.ends
        transfer = Transfer(shown, verify=verify)
        with _regular(source) as file:
            keeper = _Keeper(kept, _describe(settings, end, file))
        found = transfer.look_at(origin)
        refuse_directory(end, "name the object to write")
        result = transfer.publish(from_stream(source), end, source=found, guard=keeper.guard)
    _tell(settings, end, result)


def resume_upload(settings: Settings, kept: str, source: str) -> None:
    """Go on with the upload that ``kept`` tells of, and remove that file once it is published."""
    told, state = _read(kept)
    place = Place.parse(told.destination)
    given = {pair.name for pair in settings.pairs}
    if missing := sorted(set(told.secrets) - given):
        option = f"--pair {missing[0]}=VALUE"
        raise click.UsageError(f"the upload was begun with {missing[0]}: give it again ({option})")
    settings.pairs += [GivenPair("", str(n), text) for n, text in told.pairs if n not in given]
    with (
        _regular(source) as file,
        Session(settings, [_target(place)]) as session,
        meter(settings, "writing") as shown,
    ):
        (end,) = session.ends
        _check_source(file, told)
        result = _send(state, file, end, shown)
        found = end.store.stat(end.path, *end.pairs("stat"))
        check_size(found.content_length, told.size, end)
    _remove(kept)
    _tell(settings, end, result)


def _send(state: Mapping[str, Any], file: IO[bytes], end: End, shown: Meter) -> storage.WriteResult:
    def advance(data: bytes) -> None:
        shown.advance(len(data))

    pairs = [*end.pairs("open_writer"), storage.with_io_callback(advance)]
    return storage.resume_from(state, file, end.store, *pairs)


def _target(place: Place) -> Use:
    return Use(place, WRITES, "dst", checks=("stat",))


def _tell(settings: Settings, end: End, result: storage.WriteResult) -> None:
    if settings.json:
        show.print_json(show.written(end, result))


def _regular(source: str) -> IO[bytes]:
    """The local file, opened; only a regular one can be read again from its beginning."""
    if not stat.S_ISREG(os.stat(source).st_mode):
        raise click.UsageError(f"{source} is no regular file, which could be read again")
    return open(source, "rb")


def _check_source(file: IO[bytes], told: _Kept) -> None:
    found = os.fstat(file.fileno())
    if (found.st_size, found.st_mtime_ns) != (told.size, told.mtime_ns):
        message = f"mpu resume: {file.name}: it is not the file that the upload was begun with"
        raise Failed(f"{message}, or has changed since")


# --- what is kept ---------------------------------------------------------------------------------


def _describe(settings: Settings, end: End, file: IO[bytes]) -> _Kept:
    known = specs(end.declared, "open_writer")
    pairs = [p for p in settings.pairs if p.side != "src" and p.name in known]
    secret = [p.name for p in pairs if known[p.name].secret]
    found = os.fstat(file.fileno())
    return _Kept(
        destination=_without_secrets(end, settings.options),
        pairs=[[p.name, p.text] for p in pairs if p.name not in secret],
        secrets=secret,
        size=found.st_size,
        mtime_ns=found.st_mtime_ns,
    )


def _without_secrets(end: End, options: Mapping[str, str | None]) -> str:
    """The object's address with those options that anybody may read."""
    place, known = end.place, end.declared.construction()
    hidden = {key for n, s in known.items() if s.secret for key in (n, *s.alias)}
    shown = {
        key: text
        for key, text in {**place.options, **options}.items()
        if key not in hidden
        and not storage.secret_name(key)
        and storage.redact(text or "") == (text or "")
    }
    return str(storage.Connection(place.type, place.name, place.path, shown))


class _Keeper:
    """Keeps the state of one writer in a file, until the object is published."""

    def __init__(self, path: str, told: _Kept) -> None:
        self._path, self._told = path, told
        self._saved: object = None
        self._next = 0.0

    @contextmanager
    def guard(self, writer: "storage.Writer") -> Generator[storage.SupportsWrite]:
        """Publish at the end of the block; whatever fails in it leaves the stored parts."""
        try:
            writer.keep_on_signal()  # raises where it could not be resumed: a compressed one
        except BaseException:
            writer.abort()
            raise
        try:
            yield _KeptFile(writer, self)
            writer.finish()
        except BaseException:
            self._leave(writer)
            raise
        try:
            writer.commit()
        finally:
            _remove(self._path)  # published, or nothing is left to go on with

    def _leave(self, writer: "storage.Writer") -> None:
        """Leave what is stored, but nothing that no file tells of: nobody would go on with it."""
        try:
            if self._saved is None:
                self._save(writer.state())
        except BaseException:
            writer.abort()
            raise
        self._save(writer.suspend())

    def look(self, writer: "storage.Writer") -> None:
        """Keep the state, if there is something new and it is time."""
        if monotonic() >= self._next:
            self._save(writer.state())

    def _save(self, state: Mapping[str, Any]) -> None:
        if state["upload_id"] and state != self._saved:
            _write(self._path, {"version": _VERSION, **self._told._asdict(), "upload": state})
            self._saved = state
            self._next = monotonic() + _MOMENT


class _KeptFile:
    """The writer, whose state is kept as it goes."""

    def __init__(self, writer: "storage.Writer", keeper: _Keeper) -> None:
        self._writer, self._keeper = writer, keeper

    def write(self, data: bytes, /) -> int:
        """Write, and keep the state."""
        written = self._writer.write(data)
        self._keeper.look(self._writer)
        return written


def _write(path: str, content: object) -> None:
    """Replace the file at once and whole; nobody else may read it."""
    new = f"{path}.new"
    fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with open(fd, "w", encoding="utf-8") as file:
        os.fchmod(fd, 0o600)
        json.dump(content, file)
        file.flush()
        os.fsync(fd)
    os.replace(new, path)


def _remove(path: str) -> None:
    for name in (path, f"{path}.new"):
        with suppress(FileNotFoundError):
            os.unlink(name)


def _read(path: str) -> tuple[_Kept, Mapping[str, Any]]:
    """What was kept; raises Failed for anything else."""
    try:
        with open(path, encoding="utf-8") as file:
            content = cast("dict[str, Any]", json.load(file))
        if content.pop("version") != _VERSION:
            raise ValueError(path)
        state: Mapping[str, Any] = content.pop("upload")
        return _Kept(**content), state
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Failed(f"mpu resume: {path}: is not a file that `put --state` has kept") from None
