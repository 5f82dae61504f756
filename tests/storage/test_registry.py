"""How services are found: ours by the generated table, others by entry point."""

import logging
from types import MappingProxyType
from typing import cast

import pytest

from storewright import storage
from storewright.core.profile import Profile
from storewright.generated.registry import PROFILES, SERVICES
from storewright.services.memory import MemoryStorage
from storewright.services.s3 import S3Storage

from .conftest import Install, Run
from .support import config, one_line

STORAGES, SERVICERS = "storewright.services", "storewright.servicers"
PARROT = """
    from storewright.services.memory import MemoryStorage
    from storewright.storage import Servicer

    class ParrotStorage(MemoryStorage):
        service = "parrot"

    class ParrotService(Servicer):
        service = "parrot"
"""


# --------------------------------------------------------------------------------------- ours


def test_our_services_are_registered() -> None:
    found = {entry.name: entry for entry in storage.registered()}
    assert {"fs", "memory", "s3"} <= found.keys()
    assert (found["s3"].storage, found["s3"].servicer) == ("S3Storage", "S3Service")
    assert (found["s3"].extra, found["memory"].extra, found["memory"].servicer) == ("s3", "", "")
    assert [*found] == sorted(found)


@pytest.mark.parametrize(
    ("name", "guess"),
    [("memroy", "(did you mean 'memory'?)"), ("s4", ""), ("gopher", ""), ("f-s", "")],
)
def test_an_unknown_service_is_told_with_the_known_ones(name: str, guess: str) -> None:
    with pytest.raises(storage.ServiceNotRegistered) as caught:
        storage.open(f"{name}://x")
    text = one_line(caught.value)
    assert text.startswith(f"open: {name}: no service {name!r}{guess and ' '}{guess}")
    known = sorted({*SERVICES, *PROFILES})
    assert f"known are: {', '.join(known)}" in text
    assert isinstance(caught.value, LookupError)


def test_no_adapter_is_imported_before_it_is_asked_for(run: Run) -> None:
    done = run("""
        import sys
        from storewright import storage
        list(storage.registered())
        storage.open("memory://")
        print(*sorted(n for n in sys.modules if n.startswith("storewright.services.")), sep="\\n")
    """)
    names = done.stdout.split()
    assert names
    assert {name.split(".")[2] for name in names} == {"memory"}


@pytest.mark.parametrize("opener", ["open", "open_servicer"])
def test_a_missing_extra_tells_what_to_install(run: Run, opener: str) -> None:
    done = run(f"""
        import sys
        sys.modules["boto3"] = None  # as if it were not installed
        from storewright import storage
        try:
            storage.{opener}("s3://{'b' if opener == 'open' else ''}")
        except storage.MissingExtra as error:
            print(error)
            print(type(error.__cause__).__name__, isinstance(error, ImportError))
    """)
    assert done.stdout.splitlines() == [
        "s3: its packages are not installed; run: pip install 'storewright[s3]'",
        "ModuleNotFoundError True",
    ]


def test_an_error_of_our_own_is_not_taken_for_a_missing_extra(run: Run) -> None:
    done = run("""
        import sys
        sys.modules["storewright.services.s3.storage"] = None
        from storewright import storage
        storage.open("s3://b")
    """)
    assert done.returncode == 1
    assert "MissingExtra" not in done.stderr
    assert "storewright.services.s3.storage" in done.stderr.splitlines()[-1]


# ----------------------------------------------------------------------------------- profiles


@pytest.fixture
def profile(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that speaks the protocol of s3, as its spec would register it."""
    provider = Profile("oss_s3", "A provider.", {"addressing_style": "virtual"}, {}, (), {})
    profiles = MappingProxyType({**S3Storage._profiles, "oss_s3": provider})
    monkeypatch.setitem(cast("dict[str, str]", PROFILES), "oss_s3", "s3")
    monkeypatch.setattr(S3Storage, "_profiles", profiles)


@pytest.mark.usefixtures("profile")
@pytest.mark.parametrize("scheme", ["oss-s3", "oss_s3"])
def test_a_profile_is_a_scheme(scheme: str) -> None:
    store = storage.open(f"{scheme}://b/d?region=eu")
    assert isinstance(store, S3Storage)
    assert config(store) == {"name": "b", "work_dir": "/d", "location": "eu", "profile": "oss_s3"}
    assert config(storage.open("s3://b/d?region=eu&profile=oss_s3")) == config(store)


@pytest.mark.usefixtures("profile")
def test_a_profile_is_registered() -> None:
    found = next(entry for entry in storage.registered() if entry.name == "oss_s3")
    assert (found.profile, found.service, found.extra) == ("oss_s3", "s3", "s3")


@pytest.mark.usefixtures("profile")
def test_a_profile_cannot_be_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(storage.PairConflict, match="'profile' is given twice"):
        storage.open("oss-s3://b?profile=oss_s3")
    monkeypatch.setenv("STOREWRIGHT_S3_PROFILE", "other")
    assert config(storage.open("oss-s3://b"))["profile"] == "oss_s3"


@pytest.mark.usefixtures("profile")
def test_code_may_choose_another_profile() -> None:
    for pairs, keywords in (
        ([storage.with_profile("oss_s3")], {}),
        ([], {"profile": "oss_s3"}),
    ):
        assert config(storage.open("oss-s3://b", *pairs, **keywords))["profile"] == "oss_s3"
    with pytest.raises(storage.PairValueInvalid, match="open: s3: no profile 'other'"):
        storage.open("oss-s3://b", profile="other")


# ------------------------------------------------------------------------------------- others


def test_a_service_of_another_distribution(install: Install) -> None:
    install(
        "parrot_plugin",
        PARROT,
        {
            STORAGES: {"parrot-tree": "parrot_plugin:ParrotStorage"},
            SERVICERS: {"parrot-tree": "parrot_plugin:ParrotService"},
        },
    )
    for scheme in ("parrot-tree", "parrot_tree"):
        store = storage.open(f"{scheme}:///d?default_content_type=a/b")
        assert type(store).__name__ == "ParrotStorage"
        assert isinstance(store, MemoryStorage)
        store.write("a", b"1")
        assert store.read_bytes("a") == b"1"
    assert type(storage.open_servicer("parrot-tree://")).__name__ == "ParrotService"
    found = next(entry for entry in storage.registered() if entry.name == "parrot_tree")
    assert (found.module, found.distribution) == ("parrot_plugin", "parrot_plugin")


def test_its_levels_may_be_in_two_modules(install: Install) -> None:
    install("parrot_one", PARROT, {STORAGES: {"parrot": "parrot_one:ParrotStorage"}})
    install("parrot_two", PARROT, {SERVICERS: {"parrot": "parrot_two:ParrotService"}})
    assert type(storage.open("parrot://")).__module__ == "parrot_one"
    assert type(storage.open_servicer("parrot://")).__module__ == "parrot_two"


def test_it_may_have_the_service_level_alone(install: Install) -> None:
    install("parrot_plugin", PARROT, {SERVICERS: {"parrot": "parrot_plugin:ParrotService"}})
    assert type(storage.open_servicer("parrot://")).__name__ == "ParrotService"
    with pytest.raises(storage.ServiceNotRegistered, match="parrot has no storage level"):
        storage.open("parrot://")


def test_nobody_takes_the_name_of_one_of_ours(install: Install) -> None:
    install("parrot_plugin", PARROT, {STORAGES: {"memory": "parrot_plugin:ParrotStorage"}})
    assert type(storage.open("memory://")).__module__ == "storewright.services.memory.storage"
    found = next(entry for entry in storage.registered() if entry.name == "memory")
    assert found.module == "storewright.services.memory"


def test_two_that_claim_one_name_are_told(
    install: Install, caplog: pytest.LogCaptureFixture
) -> None:
    install("parrot_one", PARROT, {STORAGES: {"parrot": "parrot_one:ParrotStorage"}})
    install("parrot_two", PARROT, {STORAGES: {"parrot": "parrot_two:ParrotStorage"}})
    chosen = type(storage.open("parrot://")).__module__
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    other = {"parrot_one", "parrot_two"} - {chosen}
    text = f"open: parrot is registered by {chosen} and by {other.pop()}; the first is taken"
    assert record.getMessage() == text


@pytest.mark.parametrize(
    ("code", "target", "message"),
    [
        ("", "broken_plugin:Storage", "registers Storage, which is no Storager"),
        ("Storage = 3", "broken_plugin:Storage", "registers Storage, which is no Storager"),
        ("class Storage: pass", "broken_plugin:Storage", "registers Storage, which is no Storager"),
        (
            "import xyzzy",
            "broken_plugin:Storage",
            "is not installed whole: No module named 'xyzzy'",
        ),
        ("", "broken_other:Storage", "is not installed whole: No module named 'broken_other'"),
        ("from os import xyzzy", "broken_plugin:Storage", "whole: cannot import name 'xyzzy'"),
    ],
)
def test_a_broken_one_is_told_in_one_line(
    install: Install, code: str, target: str, message: str
) -> None:
    install("broken_plugin", code, {STORAGES: {"broken": target}})
    with pytest.raises(storage.ServiceNotRegistered) as caught:
        storage.open("broken://")
    assert one_line(caught.value).startswith("open: broken: broken_plugin ")
    assert message in str(caught.value)
    assert config(storage.open("memory://")) == {}


def test_an_error_in_its_code_passes_through(install: Install) -> None:
    install("broken_plugin", "1 / 0", {STORAGES: {"broken": "broken_plugin:Storage"}})
    with pytest.raises(ZeroDivisionError):
        storage.open("broken://")


def test_its_own_options_are_read(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    code = """
        from collections.abc import Mapping
        from typing import Any, ClassVar
        from storewright.core.options import Options
        from storewright.core.pairs import PairSpec
        from storewright.services.memory import MemoryStorage

        PERCH = PairSpec("perch", "size", service="parrot", alias=("branch",), env=("PERCH",))

        class NewOptions(Options):
            __slots__ = ("perch",)
            PAIRS = {"perch": PERCH}
            def __init__(self, perch=None):
                self.perch = perch

        class ParrotStorage(MemoryStorage):
            service = "parrot"
            _new = NewOptions
            def __init__(self, *pairs, perch=None):
                super().__init__()
                self._config = {"perch": perch}
    """
    install("parrot_plugin", code, {STORAGES: {"parrot": "parrot_plugin:ParrotStorage"}})
    assert config(storage.open("parrot://?branch=2KiB")) == {"perch": 2048}
    monkeypatch.setenv("PERCH", "3KiB")
    assert config(storage.open("parrot://")) == {"perch": 3072}
    with pytest.raises(storage.ConnectionStringInvalid, match=r"\(did you mean 'branch'\?\)"):
        storage.open("parrot://?branhc=2KiB")
