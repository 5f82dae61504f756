"""Capabilities: what is declared works, what is not is absent, and features decide honestly."""

import inspect
from typing import Any

import pytest

from storewright import storage
from storewright.storage import (
    OPERATIONS,
    ObjectMode,
    OperationUnsupported,
    PairUnsupported,
    PairValueInvalid,
    Storager,
)
from storewright.testing.conformance.calls import INTERFACES, NEEDS, Calls
from storewright.testing.conformance.declared import Declared
from storewright.testing.conformance.harness import Harness, OpenStore
from storewright.testing.conformance.samples import sample
from storewright.testing.conformance.selection import each, local, when
from storewright.testing.conformance.web import Web

__all__ = ["Honesty"]


def possible(declared: Declared) -> list[str]:
    """The interfaces that a store of the service can have."""
    return sorted(declared.possible)


def absent(declared: Declared) -> list[str]:
    """The operations that no store of the service can have."""
    return sorted(op for interface in declared.absent for op in OPERATIONS[interface])


def simulated(declared: Declared) -> list[str]:
    """The operations that are absent until a feature is on."""
    return sorted(op for interface in declared.simulated for op in OPERATIONS[interface])


def ways(declared: Declared) -> list[tuple[str, str]]:
    """How each interface that is not native can be enabled: (interface, features joined by +)."""
    found: list[tuple[str, str]] = []
    for interface in sorted(declared.simulated):
        gates = list(declared.gates(interface).values())
        for n in range(max(map(len, gates))):
            chosen = dict.fromkeys(gate[min(n, len(gate) - 1)] for gate in gates)
            found.append((interface, "+".join(chosen)))
    return found


def members(declared: Declared) -> list[tuple[str, str]]:
    """Interfaces of several simulated operations, with each of these: (interface, operation)."""
    return [
        (interface, op)
        for interface in sorted(declared.simulated)
        for op in declared.gates(interface)
        if len(declared.gates(interface)) > 1
    ]


def virtual(declared: Declared) -> list[tuple[str, str]]:
    """The pairs that need a feature: (operation, pair)."""
    return [
        (op, pair)
        for op in sorted(declared.operations)
        for pair in sorted(declared.virtual_pairs(op))
    ]


def virtual_gates(declared: Declared) -> list[tuple[str, str, str]]:
    """Each feature that enables a virtual pair: (operation, pair, feature)."""
    return [
        (op, pair, gate)
        for op, pair in virtual(declared)
        for gate in declared.virtual_pairs(op)[pair]
    ]


def virtual_modes(declared: Declared) -> list[tuple[str, str]]:
    """Object modes that need a feature: (operation, mode)."""
    modes = {"direr": ObjectMode.DIR, "linker": ObjectMode.LINK}
    return [
        (op, modes[interface].name or "")
        for interface in sorted(declared.simulated & set(modes))
        for op in ("create", "delete", "stat")
        if declared.takes(op, "object_mode")
    ]


class Honesty(Harness):
    """Interfaces and features."""

    # ------------------------------------------------------------------------ present

    @each("interface", possible)
    def test_declared_interface_is_there(self, open_store: OpenStore, interface: str) -> None:
        store = self.open(open_store, *self.declared.features_for(interface))
        assert isinstance(store, INTERFACES[interface])
        assert interface in store.interfaces()
        for op in OPERATIONS[interface]:
            assert callable(getattr(store, op))
            assert hasattr(store, op)

    @local
    @each("op", lambda declared: sorted(declared.operations))
    def test_operation_has_the_signature_of_its_interface(
        self, open_store: OpenStore, op: str
    ) -> None:
        store = self.open(open_store, *self.declared.features_for(NEEDS[op]))
        mine = inspect.signature(getattr(store, op)).parameters
        neutral = dict(inspect.signature(getattr(INTERFACES[NEEDS[op]], op)).parameters)
        del neutral["self"]
        assert {name: p.kind for name, p in neutral.items()}.items() <= {
            name: p.kind for name, p in mine.items()
        }.items()
        assert {name: p.default for name, p in neutral.items()}.items() <= {
            name: p.default for name, p in mine.items()
        }.items()

    @local
    @each("op", lambda declared: sorted(declared.operations))
    def test_declared_pairs_are_keywords(self, open_store: OpenStore, op: str) -> None:
        store = self.open(open_store, *self.declared.features_for(NEEDS[op]))
        assert set(self.declared.options_of(op)) <= set(
            inspect.signature(getattr(store, op)).parameters
        )

    def test_class_keeps_its_name(self, open_store: OpenStore) -> None:
        every = [f for i in self.declared.possible for f in self.declared.features_for(i)]
        store = self.open(open_store, *every)
        assert isinstance(store, self.declared.cls)
        assert type(store).__name__ == self.declared.cls.__name__
        assert type(store) is type(self.open(open_store, *every))

    # ------------------------------------------------------------------------- absent

    @each("op", absent)
    def test_undeclared_operation_is_absent(self, open_store: OpenStore, op: str) -> None:
        every = [f for i in self.declared.possible for f in self.declared.features_for(i)]
        for store in (self.open(open_store), self.open(open_store, *every)):
            self.assert_absent(store, op, feature="")

    @each("op", simulated)
    def test_simulated_operation_is_absent_at_first(self, open_store: OpenStore, op: str) -> None:
        gates = self.declared.gates(NEEDS[op]).get(op, ("",))
        self.assert_absent(self.open(open_store), op, feature=gates[-1])

    def assert_absent(self, store: Storager, op: str, feature: str) -> None:
        """The operation is not there, and says why when it is called all the same."""
        assert not isinstance(store, INTERFACES[NEEDS[op]])
        assert NEEDS[op] not in store.interfaces()
        assert not hasattr(store, op)
        assert op not in dir(store)
        with pytest.raises(OperationUnsupported) as caught:
            getattr(store, op)("a", "b")
        error = caught.value
        assert (error.op, error.service, error.feature) == (op, self.declared.service, feature)
        assert isinstance(error, AttributeError)
        assert isinstance(error, NotImplementedError)
        assert feature in str(error)

    def test_misspelt_attribute_is_an_attribute_error(self, store: Storager) -> None:
        with pytest.raises(AttributeError, match="wirte") as caught:
            getattr(store, "wirte")  # noqa: B009 - checkers know that it is not there
        assert not isinstance(caught.value, OperationUnsupported)

    # ----------------------------------------------------------------------- features

    def sample(self, op: str, pair: str) -> dict[str, Any]:
        """A pair of an operation with a value, as keyword."""
        return {pair: sample(self.declared.options_of(op)[pair])}

    @each("interface, features", ways)
    def test_features_enable_an_interface(
        self, open_store: OpenStore, web: Web, interface: str, features: str
    ) -> None:
        store = self.open(open_store, *features.split("+"))
        assert isinstance(store, INTERFACES[interface])
        assert not isinstance(self.open(open_store), INTERFACES[interface])
        for op in OPERATIONS[interface]:
            Calls(store, lambda: web.serve(b"1"))(op)

    @each("interface, op", members)
    def test_interface_needs_all_its_operations(
        self, open_store: OpenStore, interface: str, op: str
    ) -> None:
        others = [gates[-1] for name, gates in self.declared.gates(interface).items() if name != op]
        store = self.open(open_store, *others)
        assert not isinstance(store, INTERFACES[interface])

    @each("interface", lambda declared: sorted(declared.simulated))
    def test_features_as_keywords(self, open_store: OpenStore, interface: str) -> None:
        features = self.declared.features_for(interface)
        enabled: dict[str, Any] = {f"enable_{name}": True for name in features}
        assert isinstance(open_store(**enabled), INTERFACES[interface])
        disabled: dict[str, Any] = {f"enable_{name}": False for name in features}
        store = self.open(open_store, *features, **disabled)
        assert not isinstance(store, INTERFACES[interface])

    @each("op, mode", virtual_modes)
    def test_object_mode_needs_its_feature(self, open_store: OpenStore, op: str, mode: str) -> None:
        with pytest.raises(PairUnsupported) as caught:
            getattr(self.open(open_store), op)("a", object_mode=ObjectMode[mode])
        assert caught.value.pair == "object_mode"

    @each("op, pair", virtual)
    def test_virtual_pair_is_refused_at_first(
        self, open_store: OpenStore, web: Web, op: str, pair: str
    ) -> None:
        store = self.open(open_store, *self.declared.features_for(NEEDS[op]))
        call = Calls(store, lambda: web.serve(b"1"))
        with pytest.raises(PairUnsupported) as caught:
            call(op, **self.sample(op, pair))
        error = caught.value
        assert (error.pair, error.op, error.service) == (pair, op, self.declared.service)
        assert self.declared.virtual_pairs(op)[pair][-1] in str(error)

    @each("op, pair, feature", virtual_gates)
    def test_feature_enables_a_virtual_pair(
        self, open_store: OpenStore, web: Web, op: str, pair: str, feature: str
    ) -> None:
        features = [*self.declared.features_for(NEEDS[op]), feature]
        call = Calls(self.open(open_store, *features), lambda: web.serve(b"1"))
        call(op, **self.sample(op, pair))

    @when(lambda declared: len(virtual(declared)) > 1)
    def test_member_enables_no_other_pair(self, open_store: OpenStore, web: Web) -> None:
        pairs = virtual(self.declared)
        for (op, pair), (other_op, other_pair) in zip(pairs, [*pairs[1:], pairs[0]], strict=True):
            feature = f"virtual_pair_{op}_{pair}"
            needed = self.declared.features_for(NEEDS[other_op])
            call = Calls(self.open(open_store, feature, *needed), lambda: web.serve(b"1"))
            with pytest.raises(PairUnsupported):
                call(other_op, **self.sample(other_op, other_pair))

    @each("op, pair", virtual)
    def test_loose_operation_ignores_a_virtual_pair(
        self, open_store: OpenStore, web: Web, caplog: pytest.LogCaptureFixture, op: str, pair: str
    ) -> None:
        features = [*self.declared.features_for(NEEDS[op]), f"loose_operation_{op}"]
        call = Calls(self.open(open_store, *features), lambda: web.serve(b"1"))
        call(op, **self.sample(op, pair))
        assert repr(pair) in caplog.text

    def test_unknown_feature_is_refused(self, open_store: OpenStore) -> None:
        with pytest.raises((TypeError, PairValueInvalid)):
            open_store(enable_no_such_feature=True)

    def test_features_are_fixed(self, store: Storager) -> None:
        with pytest.raises(AttributeError):
            store.features.loose_operation_all = True

    def test_features_of_one_store_are_not_those_of_another(self, open_store: OpenStore) -> None:
        loose = self.open(open_store, "loose_operation_all")
        strict = self.open(open_store)
        assert loose.features.loose_operation_all
        assert not strict.features.loose_operation_all

    def test_every_interface_is_known_to_the_suite(self) -> None:
        assert set(INTERFACES) == set(OPERATIONS) - {"servicer"}
        assert storage.Storager in INTERFACES.values()
