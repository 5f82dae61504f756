import copy
import pickle
from typing import Any

import pytest

from storewright.core.data import Data
from storewright.core.errors import PairTypeInvalid
from storewright.core.pairs import Pair, PairSpec
from storewright.generated import pairs
from storewright.generated.memory import MemoryStorageBase
from storewright.generated.memory.options import WriteOptions


class Recorder(MemoryStorageBase):
    """Keeps the options of the last write."""

    last: WriteOptions

    def _write(self, path: str, data: Data, options: WriteOptions) -> int:
        self.last = options
        return 0


@pytest.fixture
def store() -> Recorder:
    return Recorder()


def test_a_pair_is_checked_when_it_is_made() -> None:
    with pytest.raises(PairTypeInvalid, match="'size': expected int, got str"):
        pairs.SIZE.pair("1")


def test_a_pair_that_was_changed_is_checked_again(store: Recorder) -> None:
    pair = pairs.with_content_type("a/b")
    store.write("a", b"", pair)
    assert store.last.content_type == "a/b"
    pair.value = 3
    with pytest.raises(PairTypeInvalid, match="'content_type': expected str, got int"):
        store.write("a", b"", pair)
    pair.value = "c/d"
    store.write("a", b"", pair)
    assert store.last.content_type == "c/d"


@pytest.mark.parametrize(
    "pair",
    [
        Pair("content_type", 3),
        PairSpec("content_type", "int").pair(3),
        copy.copy(Pair("content_type", 3)),
    ],
)
def test_a_pair_that_another_spec_has_checked_is_checked(store: Recorder, pair: Pair) -> None:
    with pytest.raises(PairTypeInvalid, match="'content_type': expected str, got int"):
        store.write("a", b"", pair)


def test_calls_do_not_share_a_value_that_may_change(store: Recorder) -> None:
    given = {"k": "v"}
    pair = pairs.with_user_metadata(given)
    store.write("a", b"", pair)
    first: Any = store.last.user_metadata
    store.write("b", b"", pair)
    second: Any = store.last.user_metadata
    assert first == second == given
    assert first is not second
    assert first is not given
    first["k"] = "changed"
    store.write("c", b"", pair)
    assert store.last.user_metadata == given


def test_pairs_are_values() -> None:
    pair = pairs.with_size(1)
    for again in (copy.copy(pair), copy.deepcopy(pair), pickle.loads(pickle.dumps(pair))):
        assert again == pair
        assert hash(again) == hash(pair)
    assert pair != pairs.with_size(2)
    assert pair != Pair("size", 1, "elsewhere")
    assert pair.__eq__(1) is NotImplemented


def test_a_secret_is_not_shown() -> None:
    assert repr(Pair("key", "s3cr3t", "box", secret=True)) == "Pair(box.key=***)"
    assert repr(Pair("size", 1)) == "Pair(size=1)"
