"""Golden output: compared byte by byte, then imported, type-checked and run.

After a wanted change of the templates, look at the difference that this command makes:
`cd tests/codegen/golden/echo && python -m storewright.codegen service.toml --out expected`
"""

import importlib
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from storewright.codegen.load import load_service
from storewright.codegen.output import compare
from storewright.codegen.render import render_service
from storewright.core.construct import environment
from storewright.core.errors import (
    OperationUnsupported,
    PairRequired,
    PairTypeInvalid,
    PairUnsupported,
    PairValueInvalid,
    RestrictionDissatisfied,
)
from storewright.core.iterators import Page
from storewright.generated.interfaces import Copier, Direr, Linker
from storewright.generated.objects import Object
from tests.roots import REPOSITORY, ROOTS

ECHO = Path(__file__).parent / "golden" / "echo"


def test_output_is_the_golden_one() -> None:
    specs = load_service(ECHO / "service.toml")
    assert compare(render_service(specs.core, specs.services[0]), ECHO / "expected") == []


def test_rendering_twice_gives_the_same() -> None:
    first, second = (load_service(ECHO / "service.toml") for _ in range(2))
    assert render_service(first.core, first.services[0]) == render_service(
        second.core, second.services[0]
    )


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The golden package as an author of a service has it: an ordinary package of their own."""
    root = tmp_path_factory.mktemp("author")
    shutil.copytree(ECHO / "expected", root / "echo_generated")
    sys.path.insert(0, str(root))
    yield root
    sys.path.remove(str(root))


@pytest.fixture(scope="module")
def echo(package: Path) -> ModuleType:
    return importlib.import_module("echo_generated")


def test_golden_output_type_checks(package: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(package / "cache")]
    command += ["--config-file", str(REPOSITORY / "pyproject.toml"), "-p", "echo_generated"]
    paths = ":".join(str(path) for path in (package, *ROOTS))
    result = subprocess.run(
        command,
        cwd=package,
        env={"MYPYPATH": paths, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture
def adapter(echo: ModuleType) -> Any:
    """A hand-written class over the golden base: it notes what reaches it."""

    def connect(self: Any, options: Any) -> None:
        self.volume = options.volume
        self.calls = []

    def write(self: Any, path: str, data: Any, options: Any) -> int:
        self.calls.append((path, echo.bindings.write_speak(options)))
        return len(data)

    def copy(self: Any, src: str, dst: str, options: Any) -> None:
        self.calls.append((dst, echo.bindings.copy_speak(options)))

    def create_dir(self: Any, path: str, options: Any) -> Object:
        return Object(path, path, 1)

    def list_pages(self: Any, path: str, options: Any) -> Any:
        def fetch(token: str | None) -> Page[Object]:
            return Page([Object("a", "a", 2)], None)

        return fetch

    def stat(self: Any, path: str, options: Any) -> Any:
        return echo.bindings.object_from_listen(path, path, 2, {"Length": 3, "Reverb": 7})

    methods = {"_connect": connect, "_write": write, "_copy": copy, "_create_dir": create_dir}
    methods |= {"_list": list_pages, "_stat": stat}
    importlib.import_module("echo_generated.bindings")
    return type("EchoStorage", (echo.EchoStorageBase,), methods)


def test_bound_pairs_are_translated(adapter: Any) -> None:
    store = adapter(name="hall")
    store.write("a", b"hello", tone="loud", cipher_key=b"key", echoes=3)
    assert store.calls == [("a", {"Tone": "loud", "CipherKey": "a2V5", "Echoes": 3})]


def test_answers_become_metadata(adapter: Any, echo: ModuleType) -> None:
    found = adapter(name="hall").stat("a")
    assert (found.content_length, echo.object_metadata(found).reverb) == (3, 7)


def test_required_pairs_are_demanded(adapter: Any) -> None:
    with pytest.raises(PairRequired, match="name"):
        adapter()
    with pytest.raises(PairRequired, match="tone"):
        adapter(name="hall").copy("a", "b")
    adapter(name="hall", default_tone="soft").copy("a", "b")


def test_values_are_checked(adapter: Any) -> None:
    store = adapter(name="hall")
    with pytest.raises(PairValueInvalid, match=r"loud.*did you mean"):
        store.write("a", b"", tone="lout")
    with pytest.raises(PairTypeInvalid, match="echoes"):
        store.write("a", b"", echoes="3")
    assert store.calls == []


def test_virtual_pairs_wait_for_their_feature(adapter: Any, echo: ModuleType) -> None:
    with pytest.raises(PairUnsupported, match="virtual_object_metadata"):
        adapter(name="hall").write("a", b"", content_md5="x")
    enabling: Sequence[dict[str, bool]] = (
        {"virtual_pair_all": True},
        {"virtual_pair_write_all": True},
        {"virtual_pair_write_content_md5": True},
        {"virtual_object_metadata": True},
    )
    for flags in enabling:
        store = adapter(name="hall", storage_features=echo.StorageFeatures(**flags))
        assert store.write("a", b"abc", content_md5="x") == 3


def test_the_class_is_honest(adapter: Any) -> None:
    plain, enabled = adapter(name="hall"), adapter(name="hall", enable_virtual_dir=True)
    assert not isinstance(plain, Direr)
    assert not hasattr(plain, "create_dir")
    with pytest.raises(OperationUnsupported, match="virtual_dir"):
        plain.create_dir("a")
    assert isinstance(enabled, Direr)
    assert enabled.create_dir("a").mode == 1
    assert isinstance(plain, Copier)
    assert isinstance(plain, Linker)


def test_a_profile_takes_away_what_the_provider_lacks(adapter: Any) -> None:
    store = adapter(name="hall", profile="whisper")
    assert store.volume == pytest.approx(0.1)
    assert not isinstance(store, Linker)
    with pytest.raises(PairUnsupported, match="echoes"):
        store.write("a", b"", echoes=3)
    with pytest.raises(PairUnsupported, match="cipher_key"):
        store.read_bytes("a", cipher_key=b"k")
    with pytest.raises(PairUnsupported, match="cipher_key"):
        store.write("a", b"", cipher_key=b"k")
    with pytest.raises(RestrictionDissatisfied, match="1024"):
        store.write("a", bytes(1025))
    assert adapter(name="hall").write("a", bytes(1025)) == 1025
    with pytest.raises(PairValueInvalid, match="known are: whisper"):
        adapter(name="hall", profile="shout")


def test_lists_check_at_once_and_iterate_later(adapter: Any) -> None:
    store = adapter(name="hall")
    with pytest.raises(ValueError, match="prefix, dir"):
        store.list("", list_mode=4)
    assert [item.path for item in store.list("")] == ["a"]
    seen: list[Object] = []
    assert store.list("", file_func=seen.append) is None
    assert [item.path for item in seen] == ["a"]


def test_construction_reads_its_environment(adapter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECHO_VOLUME", "0.5")
    assert environment("echo", adapter.construction()) == {"volume": 0.5}
    monkeypatch.setenv("STOREWRIGHT_ECHO_VOLUME", "0.7")
    assert environment("echo", adapter.construction()) == {"volume": 0.7}
