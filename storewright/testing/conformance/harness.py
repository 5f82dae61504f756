"""What the tests of every subject share: stores of the service under test, and data."""

import io
import random
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ClassVar, Protocol, TypeVar, cast

import pytest

from storewright.storage import ObjectNotExist, Pair, Storager
from storewright.testing.conformance.declared import Declared, name_of
from storewright.testing.conformance.selection import applies, generate, is_local
from storewright.testing.conformance.web import Web
from storewright.testing.evidence import observe

__all__ = ["Harness", "OpenStore", "Unreadable", "blob"]

S = TypeVar("S", bound=Storager)


class OpenStore(Protocol):
    """Opens a store on the place of the running test, with construction options.

    The place is empty when the test begins. All stores of one test see the same place, unless
    their ``work_dir`` differs (see ``ConformanceSuite.shared``).
    """

    def __call__(self, *pairs: Pair, **options: Any) -> Storager:
        """Open another store."""
        ...


class Harness:
    """The service under test. Its author subclasses ConformanceSuite and sets ``storage``."""

    storage: ClassVar[type[Storager]]
    """The adapter's Storager class."""

    deviations: ClassVar[dict[str, str]] = {}
    """Test id (as pytest prints it after the class) -> why the service cannot pass it.

    Such a test must fail: one that passes again is reported, so that the list stays true."""

    unsteady: ClassVar[frozenset[str]] = frozenset()
    """Those of the deviations that depend on timing, so that such a test may pass, too."""

    shared: ClassVar[bool] = True
    """Whether two stores opened on the same place see the same objects. False for a service that
    keeps its objects inside the store: what needs two stores is then not tested."""

    again: ClassVar[bool] = False
    """Whether the suite runs on another server as well: what is decided before any request is then
    left to that run."""

    server: ClassVar[str] = "this process"
    """What the service runs against in the tests, for the matrix: "SeaweedFS 4.48"."""

    profile: ClassVar[str] = ""
    """The profile that ``open_store`` opens stores with: what it rules out must be refused."""

    level: ClassVar[str] = "real server"
    """How much that proves: "real server", "emulated" or "recorded request"."""

    declared: ClassVar[Declared]

    def __init_subclass__(cls) -> None:
        """Drop the tests that do not apply to the service."""
        super().__init_subclass__()
        if not hasattr(cls, "storage"):
            return
        cls.declared = Declared(cls.storage, shared=cls.shared, profile=cls.profile)
        for name in dir(cls):
            test = getattr(cls, name)
            repeated = cls.again and is_local(test)
            if name.startswith("test_") and (repeated or not applies(test, cls.declared)):
                setattr(cls, name, None)  # pytest collects what can be called

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run a test once for each of its cases."""
        generate(metafunc, self.declared)

    # ------------------------------------------------------------------------------- fixtures

    @pytest.fixture
    def open_store(self) -> OpenStore:
        """Opens stores; override it for a service that needs an address or credentials."""
        return cast("OpenStore", self.storage)

    @pytest.fixture
    def store(self, open_store: OpenStore) -> Storager:
        """A store that its user gave no options."""
        return self.open(open_store)

    @pytest.fixture
    def secrets(self) -> dict[str, str]:
        """Construction options of open_store that must never be shown: name -> secret text."""
        return {}

    @pytest.fixture
    def web(self) -> Iterator[Web]:
        """A web server on loopback."""
        with Web() as web:
            yield web

    @pytest.fixture(autouse=True)
    def expect_deviation(self, request: pytest.FixtureRequest) -> None:
        """A test that is listed as a deviation must fail."""
        name: str = request.node.name
        if name in self.deviations:
            strict = name not in self.unsteady
            request.applymarker(pytest.mark.xfail(reason=self.deviations[name], strict=strict))

    # -------------------------------------------------------------------------------- helpers

    def open(self, open_store: OpenStore, *features: str, **options: Any) -> Storager:
        """A store with features switched on."""
        return observe(open_store(storage_features=self.declared.features(*features), **options))

    def ask(self, open_store: OpenStore, interface: type[S], *features: str, **options: Any) -> S:
        """A store that has an interface, with the features that this takes."""
        needed = self.declared.features_for(name_of(interface))
        store = self.open(open_store, *needed, *features, **options)
        assert isinstance(store, interface)
        return store

    @staticmethod
    def exists(store: Storager, path: str) -> bool:
        """Whether there is an object, by stat and by read alike."""
        try:
            store.stat(path)
        except ObjectNotExist:
            with pytest.raises(ObjectNotExist):
                store.read_bytes(path)
            return False
        store.read_bytes(path)
        return True

    @staticmethod
    def fill_many(store: Storager, paths: Iterable[str]) -> None:
        """Write a small object at each path, several at a time."""
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(partial(store.write, data=b"x"), paths))

    @staticmethod
    def fill(store: Storager, paths: Iterable[str]) -> list[str]:
        """Write an object at each path; its content is its path."""
        written = list(paths)
        for path in written:
            store.write(path, path.encode())
        return written


class Unreadable(io.RawIOBase):
    """A file that fails the test as soon as a byte is asked of it."""

    def readable(self) -> bool:
        """It claims so."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Fail."""
        raise AssertionError(f"{size} bytes were read, but nothing may be")


def blob(size: int, seed: int = 0) -> bytes:
    """Bytes that do not compress and are the same on every run."""
    return random.Random(seed).randbytes(size)
