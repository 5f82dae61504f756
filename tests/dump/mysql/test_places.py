"""The same database through every service and compression: whole, encrypted, nothing beside it."""

from base64 import b64encode
from collections.abc import Iterator
from hashlib import md5, sha256
from typing import Any, Final, Protocol, runtime_checkable
from urllib.parse import quote

import pytest

from storewright.dump import DumpOptions, Layout, Manifest, dump, restore, verify
from storewright.dump.options import Compression
from storewright.services.oss import OssStorage
from storewright.testing.servers import MariaDB
from tests.guarantees.support import CosPlace, Place, S3Place

from .conftest import AWKWARD
from .support import awkward_name, new_name, quoted, run_sql, url_of
from .test_restore import sums

pytestmark = pytest.mark.server
KEY: Final = bytes(range(32))
_KEY: Final = b64encode(KEY).decode()
OUR_KEY: Final = (
    "&default_server_side_encryption_customer_algorithm=AES256"
    f"&default_server_side_encryption_customer_key={quote(_KEY, safe='')}"
)
ITS_KEY: Final = "&default_server_side_encryption=AES256"


@runtime_checkable
class Encrypted(Protocol):
    """A place whose objects are encrypted."""

    def check_encrypted(self, path: str) -> None:
        """Assert that a HEAD of the vendor's own client says so."""
        ...


class WithOurKey(S3Place):
    """S3, with a key that the server does not keep."""

    def _asked(self, key: str) -> dict[str, Any]:
        keyed = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": KEY}
        return {"Bucket": self.bucket, "Key": key, **keyed}

    def _content(self, key: str) -> bytes:
        return self.client.get_object(**self._asked(key))["Body"].read()

    def check_encrypted(self, path: str) -> None:
        found = self.client.head_object(**self._asked(self.prefix + path))
        assert found.get("SSECustomerAlgorithm") == "AES256"
        with pytest.raises(self.client.exceptions.ClientError):
            self.client.head_object(Bucket=self.bucket, Key=self.prefix + path)


class WithItsKey(S3Place):
    """S3, with a key of the server's."""

    def check_encrypted(self, path: str) -> None:
        found = self.client.head_object(Bucket=self.bucket, Key=self.prefix + path)
        assert found.get("ServerSideEncryption") == "AES256"


class OssWithItsKey(S3Place):
    """OSS, with a key of the service's."""

    def check_encrypted(self, path: str) -> None:
        with self.store as store:
            assert isinstance(store, OssStorage)
            headers = store.client.head_object(self.prefix + path, {}, {}).headers
            assert headers["x-oss-server-side-encryption"] == "AES256"


class CosWithOurKey(CosPlace):
    """COS, with a key that the service does not keep."""

    def _asked(self, key: str) -> dict[str, Any]:
        digest = b64encode(md5(KEY).digest()).decode()
        keyed = {"Algorithm": "AES256", "Key": _KEY, "KeyMD5": digest}
        named = {f"SSECustomer{name}": value for name, value in keyed.items()}
        return {"Bucket": self.bucket, "Key": key, **named}

    def _content(self, key: str) -> bytes:
        answer = self.client.get_object(**self._asked(key))
        content: bytes = answer["Body"].get_raw_stream().read()
        return content

    def check_encrypted(self, path: str) -> None:
        found = self.client.head_object(**self._asked(self.prefix + path))
        assert found["x-cos-server-side-encryption-customer-algorithm"] == "AES256"


@pytest.fixture
def s3_with_our_key(s3_place: S3Place) -> Place:
    return _encrypted(WithOurKey, s3_place, OUR_KEY)


@pytest.fixture
def s3_with_its_key(s3_place: S3Place) -> Place:
    return _encrypted(WithItsKey, s3_place, ITS_KEY)


@pytest.fixture
def oss_with_its_key(oss_place: S3Place) -> Place:
    return _encrypted(OssWithItsKey, oss_place, ITS_KEY)


@pytest.fixture
def cos_with_our_key(cos_place: CosPlace) -> Place:
    return _encrypted(CosWithOurKey, cos_place, OUR_KEY)


def _encrypted(kind: type[Any], place: Place, options: str) -> Place:
    fields: dict[str, Any] = {**vars(place), "connection": place.connection + options}
    made: Place = kind(**fields)
    assert isinstance(made, Encrypted)
    return made


@pytest.fixture(scope="module")
def everything(mariadb: MariaDB) -> Iterator[str]:
    """The name of a database with every type, every kind of thing, and a file of some parts."""
    name = awkward_name()
    run_sql(
        mariadb,
        f"CREATE DATABASE {quoted(name)}; USE {quoted(name)};\n{AWKWARD}\n"
        "CREATE TABLE `in parts` (id int PRIMARY KEY, b blob);"
        "INSERT INTO `in parts` SELECT seq, RANDOM_BYTES(1000) FROM seq_1_to_7000",
    )
    yield name
    run_sql(mariadb, f"DROP DATABASE {quoted(name)}")


def _slowly(*kinds: str) -> list[Any]:
    return [pytest.param(kind, marks=pytest.mark.slow) for kind in kinds]


@pytest.mark.parametrize("compress", ["none", "gzip", "zstd"])
@pytest.mark.parametrize(
    "kind",
    [
        "fs_place",
        "s3_with_our_key",
        *_slowly("memory_place", "s3_with_its_key", "oss_with_its_key", "cos_with_our_key"),
        *_slowly("gcs_place", "azblob_place"),
    ],
)
def test_a_dump_comes_back(
    mariadb: MariaDB,
    everything: str,
    request: pytest.FixtureRequest,
    kind: str,
    compress: Compression,
) -> None:
    place: Place = request.getfixturevalue(kind)
    options = DumpOptions(
        layout=Layout(compress=compress), part_size=place.part_size, threads=2, content_sums=True
    )
    manifest = dump(mariadb.address(url_of(everything)), place.connection, options)
    _check_objects(place, manifest)
    assert place.leftovers() == []
    target = new_name()
    copy = mariadb.address(target)
    restore(place.connection, copy, threads=2)
    assert verify(place.connection, database=copy).good
    assert sums(mariadb, target) == sums(mariadb, everything)
    run_sql(mariadb, f"DROP DATABASE {target}")


def _check_objects(place: Place, manifest: Manifest) -> None:
    """There is what the manifest says, and nothing else."""
    stored = place.objects()
    assert Manifest.from_json(stored["manifest.json"]) == manifest
    if isinstance(place, Encrypted):
        for path in stored:
            place.check_encrypted(path)
    del stored["manifest.json"]
    digests = {path: sha256(content).hexdigest() for path, content in stored.items()}
    assert digests == {record.path: record.sha256 for record in manifest.files}
    assert max(map(len, stored.values())) > place.part_size
