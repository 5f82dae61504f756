"""Options: what is refused, ignored, defaulted, and checked before anything happens."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from storewright.storage import (
    Multiparter,
    ObjectModeInvalid,
    Pair,
    PairConflict,
    PairError,
    PairRequired,
    PairTypeInvalid,
    PairUnsupported,
    PairValueInvalid,
    RestrictionDissatisfied,
    Storager,
    with_size,
    with_timeout,
)
from storewright.testing.conformance.calls import LOCAL, NEEDS, Calls, mode_of, neutral_pairs
from storewright.testing.conformance.declared import Declared
from storewright.testing.conformance.harness import Harness, OpenStore, Unreadable
from storewright.testing.conformance.samples import sample
from storewright.testing.conformance.selection import each, has, local, when
from storewright.testing.conformance.web import Web

__all__ = ["Options"]

CallOf = Callable[..., Calls]

FOREIGN = Pair("redundancy", "high", "elsewhere")
FOREIGN_SECURITY = Pair("encryption_key", "k", "elsewhere", secret=True, security=True)


def operations(declared: Declared) -> list[str]:
    """Every operation that the service has."""
    return sorted(declared.operations)


def requests(declared: Declared) -> list[str]:
    """Every operation that makes a request."""
    return sorted(declared.operations - LOCAL)


def requiring(declared: Declared) -> list[str]:
    """Every operation that cannot do without some pair."""
    return [op for op in operations(declared) if op != "read_bytes" and declared.cls.required(op)]


def refused(declared: Declared) -> list[tuple[str, str]]:
    """Pairs in an operation's signature that the service does not take there."""
    return [
        (op, pair)
        for op in operations(declared)
        for pair in neutral_pairs(op)
        if not (declared.takes(op, pair) or pair in declared.ruled_out(op))
    ]


def restricted(declared: Declared) -> list[str]:
    """Operations of which the profile rules out pairs."""
    return [op for op in operations(declared) if declared.ruled_out(op)]


def typed(declared: Declared) -> list[tuple[str, str]]:
    """Each pair of each operation that has a type which not everything has."""
    return [
        (op, name)
        for op in operations(declared)
        for name, spec in sorted(declared.options_of(op).items())
        if spec.type != "any"
    ]


def sized(declared: Declared) -> list[str]:
    """Operations that take a size for their data."""
    return [op for op in operations(declared) if "write" in op and declared.takes(op, "size")]


def on_objects(declared: Declared) -> list[str]:
    """Operations on objects of one mode."""
    mine = [op for op in operations(declared) if not op.startswith("create_")]
    return [op for op in mine if mode_of(op) is not None and "query_sign_http_create" not in op]


class Options(Harness):
    """Pairs and features."""

    @pytest.fixture
    def call(self, open_store: OpenStore, web: Web) -> CallOf:
        """Calls an operation of a store that has it, with features."""

        def open_and_call(op: str, *features: str) -> Calls:
            needed = self.declared.features_for(NEEDS[op])
            return Calls(
                self.open(open_store, *needed, *features), lambda: web.serve(b"0123456789")
            )

        return open_and_call

    @each("op", operations)
    def test_every_operation_works_without_options(self, call: CallOf, op: str) -> None:
        call(op)(op)

    @each("op", requests)
    def test_every_operation_takes_a_timeout(self, call: CallOf, op: str) -> None:
        call(op)(op, timeout=60)
        call(op)(op, with_timeout(60))

    @each("op", requiring)
    def test_required_pair_is_missed(self, call: CallOf, op: str) -> None:
        calls = call(op)
        with pytest.raises(PairRequired) as caught:
            getattr(calls.store, op)(*calls.arguments(op))
        assert caught.value.pair in self.declared.cls.required(op)
        assert caught.value.op == op

    # -------------------------------------------------------------------- unsupported

    @local
    @each("op, pair", refused)
    def test_unsupported_keyword_is_refused(self, call: CallOf, op: str, pair: str) -> None:
        with pytest.raises(PairUnsupported) as caught:
            call(op)(op, **{pair: "value"})
        error = caught.value
        assert error.pair == pair
        assert error.service == self.declared.service
        assert isinstance(error, TypeError)

    @each("op", restricted)
    def test_what_the_profile_rules_out_is_refused(self, call: CallOf, op: str) -> None:
        called, every = call(op), self.declared.ruled_out(op)
        for pair, spec in every.items():
            with pytest.raises(PairUnsupported, match=self.profile) as caught:
                called(op, **{pair: sample(spec)})
            assert (caught.value.op, caught.value.pair) == (op.removesuffix("_bytes"), pair)

    @local
    @each("op", operations)
    def test_pair_of_another_service_is_refused(self, call: CallOf, op: str) -> None:
        with pytest.raises(PairUnsupported, match="redundancy") as caught:
            call(op)(op, FOREIGN)
        assert caught.value.pair == "redundancy"

    @local
    @each("op", operations)
    def test_unknown_keyword_is_a_type_error(self, call: CallOf, op: str) -> None:
        with pytest.raises(TypeError) as caught:
            call(op)(op, no_such_option=1)
        assert not isinstance(caught.value, PairError)

    @local
    @each("op", operations)
    def test_what_is_no_pair_is_refused(self, call: CallOf, op: str) -> None:
        with pytest.raises(PairTypeInvalid, match="expected a Pair"):
            call(op)(op, "size")

    # -------------------------------------------------------------------------- loose

    @local
    @each("op, pair", refused)
    def test_loose_operation_ignores_and_logs(
        self, call: CallOf, caplog: pytest.LogCaptureFixture, op: str, pair: str
    ) -> None:
        with caplog.at_level(logging.WARNING, "storewright"):
            call(op, "loose_operation_all")(op, **{pair: "value"})
        messages = [r.getMessage() for r in caplog.records if repr(pair) in r.getMessage()]
        assert len(messages) == 1
        assert "value" not in messages[0]

    @each("op", restricted)
    def test_loose_operation_never_ignores_what_protects(
        self, call: CallOf, caplog: pytest.LogCaptureFixture, op: str
    ) -> None:
        called, every = call(op, "loose_operation_all"), self.declared.ruled_out(op)
        harmless = {pair: sample(spec) for pair, spec in every.items() if not spec.security}
        if harmless:
            called(op, **harmless)
        assert all(repr(pair) in caplog.text for pair in harmless)
        for pair in every.keys() - harmless:
            with pytest.raises(PairUnsupported):
                called(op, **{pair: sample(every[pair])})

    @local
    @each("op", requests)
    def test_loose_operation_is_for_that_operation(
        self, call: CallOf, caplog: pytest.LogCaptureFixture, op: str
    ) -> None:
        shared = "read" if op == "read_bytes" else op
        call(op, f"loose_operation_{shared}")(op, FOREIGN)
        assert "redundancy" in caplog.text
        for feature in self.others(shared):
            with pytest.raises(PairUnsupported):
                call(op, feature)(op, FOREIGN)

    @local
    @each("op", operations)
    def test_security_pair_is_never_ignored(self, call: CallOf, op: str) -> None:
        with pytest.raises(PairUnsupported, match="encryption_key"):
            call(op, "loose_operation_all")(op, FOREIGN_SECURITY)

    def others(self, op: str) -> list[str]:
        """The loose feature of one other operation."""
        names = [
            name
            for name in self.declared.cls.feature_names()
            if name.startswith("loose_operation_")
        ]
        mine = {f"loose_operation_{op}", "loose_operation_all"}
        return [name for name in names if name not in mine][:1]

    # ------------------------------------------------------------------ types, conflicts

    @local
    @each("op, pair", typed)
    def test_wrong_type_is_refused(self, call: CallOf, op: str, pair: str) -> None:
        spec = self.declared.options_of(op)[pair]
        gates = self.declared.features_for_pairs(op, [pair])
        for wrong in ({pair: object()}, Pair(pair, object(), spec.service)):
            with pytest.raises(PairTypeInvalid) as caught:
                if isinstance(wrong, Pair):
                    call(op, *gates)(op, wrong)
                else:
                    call(op, *gates)(op, **wrong)
            assert caught.value.pair == pair
            assert caught.value.op == op

    @local
    @each("op", requests)
    def test_keyword_and_pair_conflict(self, call: CallOf, op: str) -> None:
        with pytest.raises(PairConflict) as caught:
            call(op)(op, with_timeout(30), timeout=60)
        assert caught.value.pair == "timeout"
        with pytest.raises(PairConflict):
            call(op)(op, with_timeout(60), timeout=60)

    def test_first_pair_wins(self, store: Storager) -> None:
        store.write("a", b"0123456789", with_size(5), with_size(7))
        assert store.read_bytes("a") == b"01234"
        assert store.read_bytes("a", with_size(2), with_size(3), with_size(4)) == b"01"

    @local
    @each("op", sized)
    def test_negative_size_is_refused(self, call: CallOf, op: str) -> None:
        with pytest.raises(PairValueInvalid):
            call(op)(op, size=-1)

    # ----------------------------------------------------------------------- defaults

    def test_default_pair_of_an_operation(self, open_store: OpenStore) -> None:
        defaults = self.declared.cls.default_pairs(read=(with_size(3), with_size(9)))
        store = self.open(open_store, default_storage_pairs=defaults)
        store.write("a", b"0123456789")
        assert store.read_bytes("a") == b"012"
        assert store.read_bytes("a", size=5) == b"01234"
        assert store.read_bytes("a", with_size(6)) == b"012345"

    def test_default_of_a_pair(self, open_store: OpenStore) -> None:
        seen: list[bytes] = []
        store = self.open(open_store, default_io_callback=seen.append)
        store.write("a", b"0123456789")
        assert b"".join(seen) == b"0123456789"
        assert store.read_bytes("a", size=3) == b"012"
        assert b"".join(seen) == b"0123456789012"
        store.read_bytes("a", io_callback=lambda _: None)
        assert b"".join(seen) == b"0123456789012"

    def test_defaults_of_one_store_are_not_those_of_another(self, open_store: OpenStore) -> None:
        seen: list[bytes] = []
        self.open(open_store, default_io_callback=seen.append)
        self.open(open_store).write("a", b"1")
        assert seen == []

    def test_unusable_default_is_refused_at_construction(self, open_store: OpenStore) -> None:
        for pair in (FOREIGN, FOREIGN_SECURITY):
            with pytest.raises(PairUnsupported):
                self.open(
                    open_store, default_storage_pairs=self.declared.cls.default_pairs(read=(pair,))
                )
        wrong = Pair("size", "many")
        with pytest.raises(PairTypeInvalid):
            self.open(
                open_store, default_storage_pairs=self.declared.cls.default_pairs(read=(wrong,))
            )

    # ------------------------------------------------------------------- construction

    def test_unknown_construction_pair_is_loose(
        self, open_store: OpenStore, caplog: pytest.LogCaptureFixture
    ) -> None:
        open_store(FOREIGN)
        assert "redundancy" in caplog.text
        with pytest.raises(PairUnsupported):
            open_store(FOREIGN_SECURITY)

    @when(lambda declared: bool(declared.cls.required()))
    def test_required_construction_option(self) -> None:
        with pytest.raises(PairRequired) as caught:
            self.declared.cls()
        assert caught.value.pair == self.declared.cls.required()[0]

    def test_unknown_construction_keyword_is_a_type_error(self, open_store: OpenStore) -> None:
        with pytest.raises(TypeError) as caught:
            open_store(no_such_option=1)
        assert not isinstance(caught.value, PairError)

    # ------------------------------------------------------------ checks before a request

    @local
    @each("op", on_objects)
    def test_object_of_another_mode_is_refused(
        self, open_store: OpenStore, call: CallOf, op: str
    ) -> None:
        calls = call(op)
        arguments = calls.arguments(op)
        wrong = calls.store.create("elsewhere")
        with pytest.raises(ObjectModeInvalid) as caught:
            getattr(calls.store, op)(wrong, *arguments[1:])
        error = caught.value
        assert error.expected == mode_of(op)
        assert (error.op, error.path) == (op, "elsewhere")

    @when(has(Multiparter))
    @when(lambda declared: declared.limit("multipart_number_maximum") is not None)
    @each("index", lambda _: [-1, "maximum"])
    def test_part_index_is_checked(self, call: CallOf, index: Any) -> None:
        calls = call("write_multipart")
        maximum = calls.store.metadata().limits.multipart_number_maximum
        made = calls.store.create_multipart("a")
        with pytest.raises(RestrictionDissatisfied):
            calls.store.write_multipart(
                made, Unreadable(), maximum if index == "maximum" else index
            )
