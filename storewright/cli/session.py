"""One run of a command: its settings, and the stores it works on."""

import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, NamedTuple, NoReturn, Self

from storewright import storage
from storewright.cli.failures import suggestion
from storewright.cli.places import Place

__all__ = ["End", "GivenPair", "Session", "Settings", "Use", "specs"]


# Values of these types exist only in a program, and these pairs make sense only there.
_IN_CODE: Final = ("any", "callback", "interceptor", "object_func")
_FOR_PROGRAMS: Final = ("encoding",)


class GivenPair(NamedTuple):
    """An option of operations, as it was typed."""

    side: str
    """``src`` or ``dst`` where only that one is meant, else empty."""
    name: str
    text: str | None


@dataclass(slots=True, repr=False)
class Settings:
    """What the options that all commands share say. Values may be secrets: it has no repr."""

    options: dict[str, str | None] = field(default_factory=dict[str, str | None])
    """Construction options, ``enable_…`` among them."""
    pairs: list[GivenPair] = field(default_factory=list[GivenPair])
    verbose: bool = False
    progress: bool = True
    json: bool = False


class Use(NamedTuple):
    """What a command does at a place."""

    place: Place
    ops: tuple[str, ...]
    """The operations it may call; options for any of them are accepted."""
    side: str = ""
    checks: tuple[str, ...] = ()
    """Operations that look at the result. They get only what is needed to see it."""


class End:
    """A place, the store it is in, and the pairs for each operation there."""

    def __init__(
        self, session: "Session", place: Place, pairs: Mapping[str, Sequence[storage.Pair]]
    ):
        self._session, self._pairs = session, pairs
        self.place = place

    @property
    def store(self) -> storage.Storager:
        """The storage, opened at its root when it is first asked for."""
        return self._session.store(self.place)

    @property
    def path(self) -> str:
        """The path in the storage, as its errors show it."""
        return self._shown(self.place.path)

    @property
    def directory(self) -> str:
        """The path, written as a directory."""
        return self._shown(self.place.directory)

    def _shown(self, path: str) -> str:
        """Relative to the root, but for files, and for keys that begin with a slash."""
        return path if self.place.type == "fs" or path.startswith("//") else path[1:]

    def pairs(self, op: str) -> tuple[storage.Pair, ...]:
        """The options that the user gave for an operation."""
        return tuple(self._pairs.get(op, ()))

    def at(self, place: Place) -> "End":
        """Another place of the same storage."""
        return End(self._session, place, self._pairs)

    @property
    def declared(self) -> type[storage.Storager]:
        """The service's class, without what features have added to it."""
        return _class_of(self.place)


class Session:
    """Opens the storages of a command once, and gives every option to those who know it.

    An option that nobody knows is an error: as it is for one storage.
    """

    def __init__(self, settings: Settings, uses: Sequence[Use]) -> None:
        for use in uses:
            _refuse_name(use.place)
        self.settings = settings
        self._uses = uses
        self._stores: dict[str, storage.Storager] = {}
        self._log = _LogToStderr(settings.verbose)
        self.ends = [
            End(self, use.place, pairs) for use, pairs in zip(uses, self._share(), strict=True)
        ]

    def store(self, place: Place) -> storage.Storager:
        """The storage of a place."""
        address = str(place.connection(self._options(place)))
        if address not in self._stores:
            self._stores[address] = storage.open(address, interceptor=self._interceptor())
        return self._stores[address]

    def servicer(self, place: Place) -> storage.Servicer:
        """The level above: what lists buckets."""
        options = {**place.options, **self._options(place)}
        address = str(storage.Connection(place.type, options=options))
        return storage.open_servicer(address, interceptor=self._interceptor())

    def _interceptor(self) -> storage.Interceptor | None:
        return storage.log_calls() if self.settings.verbose else None

    def _options(self, place: Place) -> dict[str, str | None]:
        """Of the options given, those that the service knows, and those that nobody does."""
        known = _option_names(_class_of(place))
        others = {n for use in self._uses for n in _option_names(_class_of(use.place))} - known
        return {k: v for k, v in self.settings.options.items() if k not in others}

    def _share(self) -> list[dict[str, list[storage.Pair]]]:
        """For each use, the pairs of each operation, parsed as its service says."""
        shared: list[dict[str, list[storage.Pair]]] = [{} for _ in self._uses]
        for given in self.settings.pairs:
            if not sum(
                _give(given, use, pairs) for use, pairs in zip(self._uses, shared, strict=True)
            ):
                self._refuse(given)
        return shared

    def _refuse(self, given: GivenPair) -> NoReturn:
        uses = [use for use in self._uses if given.side in {"", use.side}] or list(self._uses)
        names = {n for use in uses for op in use.ops for n in specs(_class_of(use.place), op)}
        message = f"pair {given.name!r} is not supported{suggestion(given.name, names)}"
        op, service = uses[-1].ops[-1], uses[-1].place.type
        raise storage.PairUnsupported(message, pair=given.name, op=op, service=service)

    def __enter__(self) -> Self:
        self._log.attach()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for store in self._stores.values():
            store.close()
        self._log.detach()


def _class_of(place: Place) -> type[storage.Storager]:
    return storage.storage_class(place.type)[0]


def _refuse_name(place: Place) -> None:
    """Refuse ``fs://tmp/x``: fs has no buckets, so that ``tmp`` would be no part of the path."""
    if place.name and "name" not in _class_of(place).construction():
        message = f"{place.name!r} is no part of the path: {place.type} has no buckets"
        hint = f"write {place.type}:///{place.name}{place.path}"
        raise storage.ConnectionStringInvalid(message, op="open", service=place.type, hint=hint)


def _option_names(cls: type[storage.Storager]) -> set[str]:
    """Everything that a connection string of the service may hold."""
    specs = cls.construction()
    return {
        *specs,
        *(alias for spec in specs.values() for alias in spec.alias),
        *(f"default_{name}" for name in cls.defaultable()),
        *(f"enable_{name}" for name in cls.feature_names()),
    }


def specs(cls: type[storage.Storager], op: str) -> dict[str, storage.PairSpec]:
    """The pairs of an operation that make sense here; none if the service does not have it."""
    if op not in cls.operations():
        return {}
    known = cls.options_of(op)
    return {n: s for n, s in known.items() if n not in _FOR_PROGRAMS and s.type not in _IN_CODE}


def _give(given: GivenPair, use: Use, pairs: dict[str, list[storage.Pair]]) -> int:
    """Add the pair to every operation that takes it; to how many."""
    if given.side not in {"", use.side}:
        return 0
    cls = _class_of(use.place)
    takers = {op: s for op in use.ops if (s := specs(cls, op).get(given.name))}
    checkers = {op: s for op in use.checks if (s := specs(cls, op).get(given.name))}
    for op, spec in [*takers.items(), *((o, s) for o, s in checkers.items() if _reveals(s))]:
        pairs.setdefault(op, []).append(spec.pair(spec.parse(given.text)))
    return len(takers)


def _reveals(spec: storage.PairSpec) -> bool:
    """Whether an object may be invisible without the pair: it is encrypted, for example."""
    return spec.security or spec.name == "timeout"


class _LogToStderr:
    """Shows what the library logs: warnings, and each call if the user wants to see it."""

    def __init__(self, verbose: bool) -> None:
        self._level = logging.DEBUG if verbose else logging.WARNING
        self._logger = logging.getLogger("storewright")
        self._former = self._logger.level
        self._handler = logging.StreamHandler(sys.stderr)
        self._handler.setFormatter(logging.Formatter("storewright: %(message)s"))

    def attach(self) -> None:
        self._former = self._logger.level
        self._logger.setLevel(self._level)
        self._logger.addHandler(self._handler)

    def detach(self) -> None:
        self._logger.removeHandler(self._handler)
        self._logger.setLevel(self._former)
