"""What a service's class declares: the tests that apply to it follow from this."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from storewright.storage import OPERATIONS, ListMode, PairSpec, Profile, Storager

__all__ = ["Declared", "name_of"]

_BASE = OPERATIONS["storager"]


def name_of(interface: type[Storager]) -> str:
    """The name of a capability interface, as specs write it."""
    return str(interface.INTERFACE)


class Declared:
    """The interfaces, operations, options and limits that a Storager class declares.

    With the name of a profile: what is left of them in stores that are opened with it.
    """

    def __init__(self, cls: type[Storager], *, shared: bool = True, profile: str = "") -> None:
        self.cls = cls
        self.shared = shared
        self.service: str = cls.service
        self.profile = cls.profiles()[profile] if profile else Profile("")
        lacking = {op for name in self.profile.lacks for op in OPERATIONS[name]}
        self.operations = frozenset(cls.operations()) - lacking
        self.list_modes = tuple(ListMode(mode) for mode in cls.list_modes())

    @cached_property
    def possible(self) -> frozenset[str]:
        """The interfaces that the class has or that features enable."""
        return frozenset(
            name
            for name, operations in OPERATIONS.items()
            if name != "servicer" and self.operations.issuperset(operations)
        )

    @cached_property
    def native(self) -> frozenset[str]:
        """The interfaces that a store has whatever its features."""
        return frozenset(
            name for name in self.possible if name == "storager" or not self.gates(name)
        )

    @property
    def simulated(self) -> frozenset[str]:
        """The interfaces that are absent until features enable them."""
        return self.possible - self.native

    @property
    def absent(self) -> frozenset[str]:
        """The interfaces that the class can never have."""
        return frozenset(OPERATIONS) - {"servicer"} - self.possible

    def options_of(self, op: str) -> Mapping[str, PairSpec]:
        """The pairs that an operation takes, virtual ones included."""
        every, refused = self.cls.options_of(_shared(op)), self.ruled_out(op)
        return {name: spec for name, spec in every.items() if name not in refused}

    def ruled_out(self, op: str) -> Mapping[str, PairSpec]:
        """The pairs of an operation that the profile refuses."""
        every = self.cls.options_of(_shared(op))
        return {name: every[name] for name in self.profile.unsupported.get(_shared(op), ())}

    def virtual_pairs(self, op: str) -> Mapping[str, tuple[str, ...]]:
        """The pairs of an operation that need a feature, and the features that are enough."""
        refused = self.ruled_out(op)
        every = self.cls.virtual_pairs(_shared(op))
        return {name: gates for name, gates in every.items() if name not in refused}

    def takes(self, op: str, pair: str) -> bool:
        """Whether the operation exists and takes the pair, perhaps only with a feature."""
        return op in self.operations and pair in self.options_of(op)

    def is_virtual(self, op: str, pair: str) -> bool:
        """Whether the pair needs a feature."""
        return pair in self.virtual_pairs(op)

    def gates(self, interface: str) -> Mapping[str, tuple[str, ...]]:
        """The simulated operations of an interface, with the features any of which is enough."""
        simulated = self.cls.simulated()
        return {op: simulated[op] for op in OPERATIONS[interface] if op in simulated}

    def features_for(self, interface: str) -> tuple[str, ...]:
        """The features to switch on for an interface: none when it is native."""
        return tuple(gates[-1] for gates in self.gates(interface).values())

    def features_for_pairs(self, op: str, pairs: Iterable[str]) -> tuple[str, ...]:
        """The features to switch on for pairs of an operation."""
        virtual = self.virtual_pairs(op)
        return tuple(virtual[pair][-1] for pair in pairs if pair in virtual)

    def features(self, *names: str) -> Any:
        """Features with these switched on, and those that the base operations need."""
        wanted = {*names, *self.features_for("storager")}
        return replace(self.cls.default_features(), **dict.fromkeys(wanted, True))

    @property
    def base_operations(self) -> tuple[str, ...]:
        """The operations that every Storager has."""
        return _BASE

    @cached_property
    def limits(self) -> Any:
        """What ``metadata().limits`` says of a store."""
        return replace(self.cls.limits(), **self.profile.limits)

    def limit(self, name: str) -> int | None:
        """A limit of the service, as ``StorageMeta.limits`` names it."""
        value: int | None = getattr(self.limits, name)
        return value


def _shared(op: str) -> str:
    """The operation whose options an operation takes."""
    return "read" if op == "read_bytes" else op
