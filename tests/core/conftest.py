"""A service generated for the tests of the base class, and an adapter that notes its calls."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from storewright.codegen.cli import main
from storewright.core.errors import ObjectNotExist, PermissionDenied, StorageError
from storewright.core.iterators import Page
from storewright.generated.objects import Object

SPEC = Path(__file__).parent / "probe" / "service.toml"


class VendorError(Exception):
    """What the vendor's SDK raises."""


class Notes:
    """The adapter's methods. A path says what happens to it."""

    _vendor_errors = (VendorError,)
    calls: list[tuple[str, str, dict[str, Any]]]

    def _connect(self, options: Any) -> None:
        self.calls = []
        self.connected = dict(options.given())

    def _map_error(self, error: Exception, op: str, path: str) -> StorageError:
        return PermissionDenied(f"the vendor says: {error}")

    def _note(self, op: str, path: str, options: Any) -> None:
        self.calls.append((op, path, dict(options.given())))
        if path == "vendor":
            raise VendorError("no")
        if path == "missing":
            raise ObjectNotExist("object does not exist")
        if path == "own":
            raise PermissionError("the user's own")

    def _write(self, path: str, data: Any, options: Any) -> int:
        self._note("write", path, options)
        return len(data) if isinstance(data, bytes) else 0

    def _read(self, path: str, writer: Any, options: Any) -> int:
        self._note("read", path, options)
        return 0

    def _stat(self, path: str, options: Any) -> Object:
        self._note("stat", path, options)
        return Object(path, path, 2)

    def _delete(self, path: str, options: Any) -> None:
        self._note("delete", path, options)

    def _copy(self, src: str, dst: str, options: Any) -> None:
        self._note("copy", src, options)

    def _move(self, src: str, dst: str, options: Any) -> None:
        self._note("move", src, options)

    def _create_dir(self, path: str, options: Any) -> Object:
        self._note("create_dir", path, options)
        return Object(path, path, 1)

    def _list(self, path: str, options: Any) -> Any:
        self._note("list", path, options)

        def fetch(token: str | None) -> Page[Object]:
            if token == "broken":
                raise VendorError("page 2")
            if token == "gone":
                raise ObjectNotExist("the bucket has gone")
            return Page([Object("a", "a", 2), Object("d", "d", 1)], path or None)

        return fetch


@pytest.fixture(scope="session")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The generated package of the service that probe/service.toml describes."""
    folder = tmp_path_factory.mktemp("probe")
    assert main([str(SPEC), "--out", str(folder / "probe_generated")]) == 0
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module("probe_generated")
    finally:
        sys.path.remove(str(folder))


@pytest.fixture(scope="session")
def adapter(probe: ModuleType) -> Any:
    """An adapter of that service, where a pickle finds it."""
    made = type("Probe", (Notes, probe.ProbeStorageBase), {"__module__": probe.__name__})
    setattr(probe, made.__name__, made)
    return made


@pytest.fixture
def opened(adapter: Any, probe: ModuleType) -> Any:
    """Opens a store of the adapter with features and options."""

    def open_store(*features: str, **options: Any) -> Any:
        chosen = probe.StorageFeatures(**dict.fromkeys(features, True))
        return adapter(**{"name": "here", "storage_features": chosen, **options})

    return open_store
