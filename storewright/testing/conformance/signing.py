"""URLs and requests that others send, who have no credentials."""

import urllib.error
import urllib.request
from datetime import timedelta
from typing import cast

import pytest

from storewright.storage import (
    ListMode,
    Multiparter,
    MultipartHTTPSigner,
    ObjectNotExist,
    PairTypeInvalid,
    PathInvalid,
    Reacher,
    SignedRequest,
    StorageHTTPSigner,
)
from storewright.testing.conformance.declared import name_of
from storewright.testing.conformance.harness import Harness, OpenStore, blob
from storewright.testing.conformance.selection import has, takes, when

__all__ = ["MultipartSigning", "Reaching", "StorageSigning", "send"]

CONTENT = blob(70_000)
_PROXIES: dict[str, str] = {}
"""Of whoever sends signed requests, by scheme; the environment's are not used."""


def send(request: SignedRequest, body: bytes | None = None) -> bytes:
    """Send a signed request as a stranger would; an answer that is no success raises."""
    # Left to itself, urllib says that the content is a web form, and some servers believe it. But
    # without content nothing may be said about it: it would be part of what is signed.
    kind = {} if body is None else {"Content-Type": "application/octet-stream"}
    headers = {**kind, **request.headers}
    message = urllib.request.Request(request.url, data=body, headers=headers, method=request.method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler(_PROXIES))
    with opener.open(message, timeout=30) as answer:
        content: bytes = answer.read()
        return content


@when(has(Reacher))
class Reaching(Harness):
    """``reach``."""

    @pytest.fixture
    def reacher(self, open_store: OpenStore) -> Reacher:
        """A store that makes URLs, with an object at "sub/a b"."""
        store = self.ask(open_store, Reacher)
        store.write("sub/a b", CONTENT)
        return store

    def test_reach(self, reacher: Reacher) -> None:
        for expire in (60, 60.0, timedelta(minutes=1)):
            url = reacher.reach("sub/a b", expire)
            assert send(SignedRequest("GET", url, {})) == CONTENT

    def test_reach_needs_a_duration(self, reacher: Reacher) -> None:
        with pytest.raises(PairTypeInvalid):
            reacher.reach("sub/a b", cast("float", "soon"))

    def test_reach_never_leaves_work_dir(self, reacher: Reacher) -> None:
        with pytest.raises(PathInvalid):
            reacher.reach("../a", 60)


@when(has(StorageHTTPSigner))
class StorageSigning(Harness):
    """``query_sign_http_read`` and its like."""

    @pytest.fixture
    def signer(self, open_store: OpenStore) -> StorageHTTPSigner:
        """A store that signs requests, with an object at "sub/a b"."""
        store = self.ask(open_store, StorageHTTPSigner)
        store.write("sub/a b", CONTENT)
        return store

    def test_signed_read(self, signer: StorageHTTPSigner) -> None:
        assert send(signer.query_sign_http_read("sub/a b", 60)) == CONTENT

    @when(takes("query_sign_http_read", "offset", "size"))
    def test_signed_read_of_a_range(self, signer: StorageHTTPSigner) -> None:
        request = signer.query_sign_http_read("sub/a b", 60, offset=10, size=100)
        assert send(request) == CONTENT[10:110]

    def test_signed_write(self, signer: StorageHTTPSigner) -> None:
        send(signer.query_sign_http_write("new", 60), CONTENT)
        assert signer.read_bytes("new") == CONTENT

    def test_signed_delete(self, signer: StorageHTTPSigner) -> None:
        for _ in range(2):
            send(signer.query_sign_http_delete("sub/a b", 60))
            with pytest.raises(ObjectNotExist):
                signer.stat("sub/a b")

    @when(has(Multiparter))
    @when(takes("query_sign_http_delete", "multipart_id"))
    def test_signed_abort(self, open_store: OpenStore) -> None:
        features = self.declared.features_for(name_of(Multiparter))
        signer = self.ask(open_store, StorageHTTPSigner, *features)
        assert isinstance(signer, Multiparter)
        made = signer.create_multipart("a")
        send(signer.query_sign_http_delete("a", 60, multipart_id=made.multipart_id))
        with pytest.raises(ObjectNotExist):
            signer.stat("a", multipart_id=made.multipart_id)

    def test_request_is_for_one_object_only(self, signer: StorageHTTPSigner) -> None:
        signer.write("other", b"secret")
        request = signer.query_sign_http_read("sub/a b", 60)
        url = request.url.replace("sub/a%20b", "other").replace("sub/a+b", "other")
        assert url != request.url
        with pytest.raises(urllib.error.HTTPError):
            send(SignedRequest(request.method, url, request.headers))

    def test_request_hides_its_signature(self, signer: StorageHTTPSigner) -> None:
        request = signer.query_sign_http_read("sub/a b", 60)
        assert request.url not in repr(request)

    def test_signing_makes_no_request(self, open_store: OpenStore) -> None:
        signer = self.ask(open_store, StorageHTTPSigner)
        signer.query_sign_http_write("a", 60)
        signer.query_sign_http_delete("a", 60)
        assert not self.exists(signer, "a")


@when(has(MultipartHTTPSigner))
class MultipartSigning(Harness):
    """``query_sign_http_create_multipart`` and its like."""

    @pytest.fixture
    def part_signer(self, open_store: OpenStore) -> MultipartHTTPSigner:
        """A store that signs requests on uploads."""
        features = self.declared.features_for(name_of(Multiparter))
        return self.ask(open_store, MultipartHTTPSigner, *features)

    @when(lambda declared: ListMode.PART in declared.list_modes)
    def test_signed_create(self, part_signer: MultipartHTTPSigner) -> None:
        send(part_signer.query_sign_http_create_multipart("sub/a", 60), b"")
        uploads = list(part_signer.list(list_mode=ListMode.PART))
        assert [upload.path for upload in uploads] == ["sub/a"]

    def test_signed_upload(self, part_signer: MultipartHTTPSigner) -> None:
        assert isinstance(part_signer, Multiparter)
        made = part_signer.create_multipart("sub/a")
        send(part_signer.query_sign_http_write_multipart(made, 0, 60), CONTENT)
        assert send(part_signer.query_sign_http_list_multipart(made, 60))
        parts = list(part_signer.list_multipart(made))
        assert [(part.index, part.size) for part in parts] == [(0, len(CONTENT))]
        request = part_signer.query_sign_http_complete_multipart(made, parts, 60)
        send(request, request.body)
        assert part_signer.read_bytes("sub/a") == CONTENT
