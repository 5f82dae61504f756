"""The level above storages: services that make, find and list buckets."""

import contextlib
import logging
import pickle
import uuid
from collections.abc import Iterator
from typing import Any, ClassVar, Protocol, cast

import pytest

from storewright.storage import (
    CredentialInvalid,
    ObjectExists,
    ObjectNotExist,
    OperationTimeout,
    Pair,
    PairConflict,
    PairTypeInvalid,
    PairUnsupported,
    PairValueInvalid,
    Servicer,
    StorageError,
    Storager,
    with_timeout,
)
from storewright.testing.conformance.identity import parts_of
from storewright.testing.evidence import observe

__all__ = ["OpenServicer", "ServicerSuite"]

FOREIGN = Pair("redundancy", "high", "elsewhere")
FOREIGN_SECURITY = Pair("encryption_key", "k", "elsewhere", secret=True, security=True)


class OpenServicer(Protocol):
    """Opens a service with construction options."""

    def __call__(self, *pairs: Pair, **options: Any) -> Servicer:
        """Open another one."""
        ...


class ServicerSuite:
    """What every Servicer must do. Subclass it, set ``servicer`` and override ``open_servicer``."""

    servicer: ClassVar[type[Servicer]]
    """The adapter's Servicer class."""

    server: ClassVar[str] = "this process"
    """What the service runs against, as in ConformanceSuite."""

    profile: ClassVar[str] = ""
    """The profile that ``open_servicer`` opens services with."""

    level: ClassVar[str] = "real server"

    deviations: ClassVar[dict[str, str]] = {}
    """Test id -> why the service cannot pass it, as in ConformanceSuite."""

    @pytest.fixture(autouse=True)
    def expect_deviation(self, request: pytest.FixtureRequest) -> None:
        """A test that is listed as a deviation must fail."""
        name: str = request.node.name
        if name in self.deviations:
            request.applymarker(pytest.mark.xfail(reason=self.deviations[name], strict=True))

    @pytest.fixture
    def open_servicer(self) -> OpenServicer:
        """Opens services; override it."""
        raise NotImplementedError

    @pytest.fixture
    def secrets(self) -> dict[str, str]:
        """Construction options of open_servicer that must never be shown: name -> secret text."""
        return {}

    @pytest.fixture
    def service(self, open_servicer: OpenServicer) -> Servicer:
        """A service that its user gave no options."""
        return observe(open_servicer())

    @pytest.fixture
    def names(self, service: Servicer) -> Iterator[list[str]]:
        """Three names that nobody uses, in order; buckets of these names are deleted at the end."""
        stem = uuid.uuid4().hex[:20]
        made = [f"suite-{stem}-{n}" for n in range(3)]
        yield made
        for name in made:
            with contextlib.suppress(StorageError):
                store = service.get(name)
                store.delete("a")
                service.delete(name)

    @staticmethod
    def name_of(store: Storager) -> str:
        """A bucket's name."""
        return store.metadata().name

    # --------------------------------------------------------------------------- operations

    def test_create_gives_a_storager_that_works(self, service: Servicer, names: list[str]) -> None:
        store = service.create(names[0])
        assert isinstance(store, Storager)
        assert self.name_of(store) == names[0]
        store.write("a", b"1")
        assert service.get(names[0]).read_bytes("a") == b"1"

    def test_create_again_loses_nothing(self, service: Servicer, names: list[str]) -> None:
        service.create(names[0]).write("a", b"1")
        with contextlib.suppress(ObjectExists):  # a service may refuse, or say yes again
            service.create(names[0])
        assert service.get(names[0]).read_bytes("a") == b"1"

    def test_get_of_a_missing_bucket(self, service: Servicer, names: list[str]) -> None:
        with pytest.raises(ObjectNotExist) as caught:
            service.get(names[0])
        assert (caught.value.op, caught.value.path) == ("get", names[0])
        assert caught.value.service == self.servicer.service

    def test_delete_twice(self, service: Servicer, names: list[str]) -> None:
        service.create(names[0])
        for _ in range(2):
            service.delete(names[0])
            with pytest.raises(ObjectNotExist):
                service.get(names[0])

    def test_delete_never_takes_objects_along(self, service: Servicer, names: list[str]) -> None:
        store = service.create(names[0])
        store.write("a", b"1")
        with pytest.raises(StorageError):
            service.delete(names[0])
        assert store.read_bytes("a") == b"1"

    def test_list_shows_every_bucket(self, service: Servicer, names: list[str]) -> None:
        for name in names:
            service.create(name)
        found = {self.name_of(store): store for store in service.list()}
        assert set(names) <= set(found)
        found[names[0]].write("a", b"1")
        assert service.get(names[0]).read_bytes("a") == b"1"

    def test_list_from_a_token(self, service: Servicer, names: list[str]) -> None:
        for name in names:
            service.create(name)
        whole = [self.name_of(store) for store in service.list()]
        for count in range(1, len(whole)):
            items = service.list(limit=count)
            first = [self.name_of(store) for store in items]
            rest = service.list(continuation_token=items.continuation_token)
            assert first + [self.name_of(store) for store in rest] == whole

    # ------------------------------------------------------------------------------ options

    def test_options_are_checked(self, service: Servicer, names: list[str]) -> None:
        with pytest.raises(PairConflict):
            service.create(names[0], with_timeout(30), timeout=30)
        with pytest.raises(PairTypeInvalid):
            service.create(names[0], timeout=cast("float", "soon"))
        with pytest.raises(PairValueInvalid):
            service.list(limit=-1)
        for pair in (FOREIGN, FOREIGN_SECURITY):
            with pytest.raises(PairUnsupported):
                service.create(names[0], pair)
        with pytest.raises(ObjectNotExist):
            service.get(names[0])

    def test_loose_operation_ignores_and_logs(
        self, open_servicer: OpenServicer, caplog: pytest.LogCaptureFixture
    ) -> None:
        service = open_servicer(enable_loose_operation_all=True)
        list(service.list(FOREIGN, limit=1))
        assert "redundancy" in caplog.text
        with pytest.raises(PairUnsupported):
            service.list(FOREIGN_SECURITY)

    def test_time_is_up(self, service: Servicer, names: list[str]) -> None:
        with pytest.raises(OperationTimeout):
            service.create(names[0], timeout=1e-9)
        with pytest.raises(ObjectNotExist):
            service.get(names[0])

    # ----------------------------------------------------------------------------- identity

    def test_secrets_are_never_shown(
        self, service: Servicer, secrets: dict[str, str], caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG, "storewright")
        for text in (repr(service), str(service), caplog.text, repr(list(service.list(limit=1)))):
            for part in parts_of(secrets):
                assert part not in text

    def test_pickle(
        self,
        service: Servicer,
        names: list[str],
        secrets: dict[str, str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        service.create(names[0])
        data = pickle.dumps(service)
        for name, secret in secrets.items():
            assert secret.encode() not in data
            with pytest.raises(CredentialInvalid):
                pickle.loads(data)
            monkeypatch.setenv(f"STOREWRIGHT_{self.servicer.service}_{name}".upper(), secret)
        assert self.name_of(pickle.loads(data).get(names[0])) == names[0]

    def test_storages_keep_the_secrets_of_their_service(
        self, service: Servicer, names: list[str], secrets: dict[str, str]
    ) -> None:
        store = service.create(names[0])
        for part in parts_of(secrets):
            assert part not in repr(store)
            assert part.encode() not in pickle.dumps(store)
