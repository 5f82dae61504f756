"""What a store is besides its operations: safe to share, copy, show and watch."""

import copy
import inspect
import io
import logging
import os
import pickle
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from storewright.storage import (
    Call,
    CredentialInvalid,
    Finish,
    ObjectNotExist,
    OperationTimeout,
    StorageError,
    Storager,
    log_calls,
)
from storewright.testing.conformance.calls import LOCAL, NEEDS, Calls, neutral
from storewright.testing.conformance.declared import Declared
from storewright.testing.conformance.harness import Harness, OpenStore, blob
from storewright.testing.conformance.samples import DATA, sample
from storewright.testing.conformance.selection import each, local, shared, when
from storewright.testing.conformance.web import Web

__all__ = ["Errors", "Identity"]


def requests(declared: Declared) -> list[str]:
    """Every operation that makes a request."""
    return sorted(declared.operations - LOCAL)


def takes_data(declared: Declared) -> list[str]:
    """Every operation that reads the caller's data."""
    every = requests(declared)
    return [op for op in every if "data" in inspect.signature(neutral(op)).parameters]


def secret_defaults(declared: Declared) -> list[str]:
    """Pairs that can have a default and must not be shown."""
    refused = {pair for op in declared.operations for pair in declared.ruled_out(op)}
    every = declared.cls.defaultable().items()
    return [name for name, spec in every if spec.secret and name not in refused]


class Identity(Harness):
    """Stores as values."""

    # ------------------------------------------------------------------------ showing

    def test_store_names_its_service(self, store: Storager) -> None:
        assert store.service == self.declared.service
        assert type(store).__name__ in repr(store)

    def test_secrets_are_never_shown(
        self, open_store: OpenStore, secrets: dict[str, str], caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        store = self.open(open_store, interceptor=log_calls())
        store.write("a", b"1")
        with pytest.raises(ObjectNotExist) as caught:
            store.stat("missing")
        shown = [repr(store), str(store), repr(caught.value), str(caught.value), caplog.text]
        for text in shown:
            for part in parts_of(secrets):
                assert part not in text
        assert all(shown)

    @each("pair", secret_defaults)
    def test_default_that_is_secret_is_never_shown(self, open_store: OpenStore, pair: str) -> None:
        secret = sample(self.declared.cls.defaultable()[pair])
        options: dict[str, Any] = {f"default_{pair}": secret}
        store = self.open(open_store, **options)
        shown = secret if isinstance(secret, bytes) else str(secret).encode()
        assert shown.decode("latin-1") not in repr(store)
        assert shown not in pickle.dumps(store)

    # ------------------------------------------------------------------------ copying

    def test_pickle(
        self, open_store: OpenStore, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        every = [f for i in self.declared.possible for f in self.declared.features_for(i)]
        store = self.open(open_store, *every)
        data = pickle.dumps(store)
        for part in parts_of(secrets):
            assert part.encode() not in data
        for name, secret in secrets.items():
            with pytest.raises(CredentialInvalid):
                pickle.loads(data)
            variable = f"STOREWRIGHT_{self.declared.service}_{name}".upper()
            monkeypatch.setenv(variable, secret)
        again = pickle.loads(data)
        assert type(again) is type(store)
        assert (again.features, again.metadata()) == (store.features, store.metadata())
        assert again.interfaces() == store.interfaces()

    @when(shared)
    def test_pickled_store_sees_the_same_objects(
        self, open_store: OpenStore, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in secrets.items():
            monkeypatch.setenv(f"STOREWRIGHT_{self.declared.service}_{name}".upper(), value)
        store = self.open(open_store)
        store.write("a", b"1")
        for again in (
            pickle.loads(pickle.dumps(store)),
            copy.copy(store),
            copy.deepcopy(store),
        ):
            assert again.read_bytes("a") == b"1"

    # ------------------------------------------------------------------------ sharing

    @when(shared)
    def test_what_others_write_is_seen_at_once(self, open_store: OpenStore) -> None:
        mine, other = self.open(open_store), self.open(open_store)
        assert list(mine.list()) == []
        assert not self.exists(mine, "a")
        other.write("a", b"1")
        assert [item.path for item in mine.list()] == ["a"]
        assert mine.stat("a").content_length == 1
        other.write("a", b"longer")
        assert (mine.stat("a").content_length, mine.read_bytes("a")) == (6, b"longer")
        other.delete("a")
        assert list(mine.list()) == []
        assert not self.exists(mine, "a")

    def test_threads_share_a_store(self, store: Storager) -> None:
        def work(n: int) -> bool:
            path, content = f"thread/{n}", blob(2000, n)
            store.write(path, content)
            with store.open_writer(f"{path}.w") as writer:
                writer.write(content)
            same = store.read_bytes(path) == store.read_bytes(f"{path}.w") == content
            store.delete(f"{path}.w")
            return same and store.stat(path).content_length == 2000

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(work, range(64)))
        mode = self.declared.list_modes[0]
        assert len(list(store.list("thread/", list_mode=mode))) == 64

    def test_writes_of_one_path_are_whole(self, store: Storager) -> None:
        contents = [bytes([n]) * 20_000 for n in range(8)]
        store.write("a", contents[0])
        stop = threading.Event()
        torn: list[bytes] = []

        def watch() -> None:
            while not stop.is_set():
                content = store.read_bytes("a")
                if content not in contents:
                    torn.append(content)

        watcher = threading.Thread(target=watch)
        watcher.start()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(partial(store.write, "a"), contents * 5))
        stop.set()
        watcher.join()
        assert torn == []

    def test_threads_open_the_same_class(self, open_store: OpenStore) -> None:
        every = [f for i in self.declared.possible for f in self.declared.features_for(i)]
        with ThreadPoolExecutor(8) as pool:
            opened = [pool.submit(self.open, open_store, *every) for _ in range(16)]
        assert len({type(future.result()) for future in opened}) == 1

    def test_fork_can_use_a_store(self, store: Storager) -> None:
        store.write("a", b"1")
        assert in_child(lambda: store.read_bytes("a") == b"1")
        assert in_child(lambda: store.write("b", b"2") == 1 and store.read_bytes("b") == b"2")
        assert store.read_bytes("a") == b"1"

    def test_store_is_a_context_manager(self, open_store: OpenStore) -> None:
        with self.open(open_store) as store:
            store.write("a", b"1")
            assert store.read_bytes("a") == b"1"
        store.close()
        assert store.read_bytes("a") == b"1"

    # ------------------------------------------------------------------------ watching

    @local
    @each("op", requests)
    def test_interceptor_sees_the_call(self, open_store: OpenStore, web: Web, op: str) -> None:
        seen: list[tuple[Call, BaseException | None]] = []

        def watch(call: Call) -> Finish:
            return lambda error: seen.append((call, error))

        store = self.open(open_store, *self.declared.features_for(NEEDS[op]), interceptor=watch)
        calls = Calls(store, lambda: web.serve(b"1"))
        arguments = calls.arguments(op)
        seen.clear()
        calls.finish(getattr(store, op)(*arguments))
        mine = [(call, error) for call, error in seen if call.op == op]
        assert [error for _, error in mine] == [None]
        assert mine[0][0].service == self.declared.service
        assert mine[0] == seen[-1] or op in {"read_bytes", "open_writer"}

    def test_interceptor_sees_the_error_that_the_user_sees(self, open_store: OpenStore) -> None:
        seen: list[BaseException | None] = []

        def watch(_: Call) -> Finish:
            return seen.append

        store = self.open(open_store, interceptor=watch)
        with pytest.raises(ObjectNotExist) as caught:
            store.stat("missing")
        assert seen == [caught.value]

    def test_interceptor_may_refuse(self, open_store: OpenStore) -> None:
        def refuse(call: Call) -> None:
            if call.op == "write":
                raise PermissionError("not during the freeze")

        store = self.open(open_store, interceptor=refuse)
        with pytest.raises(PermissionError, match="freeze"):
            store.write("a", b"1")
        assert not self.exists(store, "a")


class Errors(Harness):
    """What errors tell."""

    def test_missing_object(self, store: Storager) -> None:
        calls: dict[str, Callable[[], object]] = {
            "stat": lambda: store.stat("sub/missing"),
            "read_bytes": lambda: store.read_bytes("sub/missing"),
        }
        for op, call in calls.items():
            with pytest.raises(ObjectNotExist) as caught:
                call()
            error = caught.value
            assert (error.op, error.service) == (op, self.declared.service)
            assert error.path == error.filename == "sub/missing"
            assert error.code == "object_not_exist"
            assert not error.retryable
            assert str(error).startswith(f"{op}: {self.declared.service}: sub/missing: ")
            assert "\n" not in str(error)

    def test_errors_can_be_pickled(self, store: Storager) -> None:
        with pytest.raises(StorageError) as caught:
            store.stat("missing")
        again = pickle.loads(pickle.dumps(caught.value))
        assert (type(again), str(again)) == (type(caught.value), str(caught.value))
        assert again.__dict__ == caught.value.__dict__

    @each("op", takes_data)
    def test_time_runs_out_while_data_comes(self, open_store: OpenStore, op: str) -> None:
        store: Any = self.open(open_store, *self.declared.features_for(NEEDS[op]))
        calls = Calls(store, str)
        arguments = [Slow() if a is DATA else a for a in calls.arguments(op)]
        with pytest.raises(OperationTimeout) as caught:
            getattr(store, op)(*arguments, timeout=0.05)
        assert isinstance(caught.value, TimeoutError)
        assert caught.value.retryable
        assert caught.value.op == op

    def test_time_is_up_before_reading(self, store: Storager) -> None:
        store.write("a", b"1")
        target = io.BytesIO()
        with pytest.raises(OperationTimeout):
            store.read("a", target, timeout=1e-9)
        assert target.getvalue() == b""

    def test_time_is_up_before_the_writer_publishes(self, store: Storager) -> None:
        with (
            pytest.raises(OperationTimeout),
            store.open_writer("a", timeout=0.05) as writer,
        ):
            writer.write(b"1")
            time.sleep(0.06)
        assert not self.exists(store, "a")


class Slow(io.RawIOBase):
    """A file that takes a second for few bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 100

    def readable(self) -> bool:
        """It can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """One byte, after a while."""
        time.sleep(0.01)
        self.left -= 1
        return b"x" if self.left else b""


def parts_of(secrets: dict[str, str]) -> Sequence[str]:
    """The texts that must not be shown: the whole secrets, and their last fields."""
    return [text for value in secrets.values() for text in (value, value.rpartition(":")[2])]


def in_child(check: Callable[[], bool]) -> bool:
    """Whether ``check`` holds in a forked child."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other tests may have left threads
        pid = os.fork()
    if pid == 0:
        status = 1
        try:
            status = 0 if check() else 2
        finally:
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status) == 0
