"""The conformance suite over TLS; tests/conformance has it over http."""

import uuid
from functools import cache
from typing import Any, ClassVar, cast

import pytest

from storewright.services.s3 import S3Storage
from storewright.storage import Multiparter
from storewright.testing import ConformanceSuite, OpenStore
from storewright.testing.servers import SeaweedFS

from .conftest import new_bucket, options_of


@cache
def first_store(server: SeaweedFS) -> S3Storage:
    """A store of a new bucket; the tests have folders in it, and use its client."""
    return S3Storage(name=new_bucket(server), **options_of(server))


@pytest.mark.server
class TestTLS(ConformanceSuite):
    storage = S3Storage
    server = "SeaweedFS over TLS"
    profile = "seaweedfs"
    # SeaweedFS keeps keys as paths of its filer, in which a backslash separates like a slash.
    deviations: ClassVar[dict[str, str]] = {
        "test_awkward_name[backslash]": "SeaweedFS takes a backslash in a key for a slash",
        "test_awkward_names_are_all_different": "SeaweedFS takes a backslash for a slash",
        "test_backslash_is_an_ordinary_character": "SeaweedFS takes a backslash for a slash",
        "test_unclean_path_is_no_other_object[a//b]": "SeaweedFS makes one slash of two",
    }

    def test_part_is_replaced(self, parter: Multiparter, pieces: list[bytes]) -> None:
        """SeaweedFS lists both parts; but it publishes the one that it is told."""
        made = parter.create_multipart("a")
        first, last = self.upload(parter, made, [pieces[1], pieces[3]])
        again = parter.write_multipart(made, pieces[0], 0)
        assert {part.index for part in parter.list_multipart(made)} == {0, 1}
        assert first.etag != again.etag
        parter.complete_multipart(made, [again, last])
        assert parter.read_bytes("a") == pieces[0] + pieces[3]

    @pytest.fixture
    def secrets(self) -> dict[str, str]:
        return {"credential": f"hmac:{SeaweedFS.access_key}:{SeaweedFS.secret_key}"}

    @pytest.fixture(autouse=True)
    def trust(self, seaweedfs_tls: SeaweedFS, monkeypatch: pytest.MonkeyPatch) -> None:
        """Those who send signed requests know the server's certificate, too."""
        monkeypatch.setenv("SSL_CERT_FILE", str(seaweedfs_tls.ca_file))

    @pytest.fixture
    def open_store(self, seaweedfs_tls: SeaweedFS) -> OpenStore:
        first, folder = first_store(seaweedfs_tls), f"/{uuid.uuid4().hex}"

        def open_store(*pairs: Any, **options: Any) -> S3Storage:
            defaults: dict[str, Any] = {"name": first.metadata().name, "work_dir": folder}
            defaults["profile"] = "seaweedfs"
            store = S3Storage(*pairs, **{**defaults, **options_of(seaweedfs_tls), **options})
            store.share(first._clients)  # making a client takes longer than most tests
            return store

        return cast("OpenStore", open_store)
