"""What goes wrong, as our errors: class, whether to try again, hint, and no secret."""

import base64
import importlib
import inspect
import logging
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Final

import azure.core
import azure.storage.blob
import pytest
from azure.core import exceptions as core_errors
from azure.core.exceptions import AzureError
from azure.storage.blob import StorageErrorCode

from storewright.core.errors import (
    BatchFailed,
    ConditionFailed,
    ConnectionFailed,
    CredentialInvalid,
    IntegrityFailed,
    ObjectExists,
    ObjectNotExist,
    OperationTimeout,
    PairConflict,
    PairUnsupported,
    PairValueInvalid,
    PathInvalid,
    PermissionDenied,
    RequestThrottled,
    RestrictionDissatisfied,
    ServiceInternal,
    StorageError,
    Unexpected,
)
from storewright.services.azblob import AzblobStorage, errors
from storewright.testing.servers import Azurite
from tests.services.stub import serving
from tests.services.wire_downloads import DownloadSuite

from .conftest import KEY, open_wired, options_of
from .stub import ETAG, Answer, Request, Stub

CODES: Final[list[tuple[str, int, type[StorageError], bool]]] = [
    ("BlobNotFound", 404, ObjectNotExist, False),
    ("ContainerNotFound", 404, ObjectNotExist, False),
    ("ContainerBeingDeleted", 409, ObjectNotExist, True),
    ("CannotVerifyCopySource", 404, ObjectNotExist, False),
    ("BlobAlreadyExists", 409, ObjectExists, False),
    ("ConditionNotMet", 412, ConditionFailed, False),
    ("AuthenticationFailed", 403, CredentialInvalid, False),
    ("NoAuthenticationInformation", 401, CredentialInvalid, False),
    ("AuthorizationFailure", 403, PermissionDenied, False),
    ("AuthorizationPermissionMismatch", 403, PermissionDenied, False),
    ("BlobArchived", 409, PermissionDenied, False),
    ("BlobImmutableDueToPolicy", 409, PermissionDenied, False),
    ("LeaseIdMissing", 412, PermissionDenied, False),
    ("LeaseAlreadyPresent", 409, PermissionDenied, True),
    ("Md5Mismatch", 400, IntegrityFailed, False),
    ("InvalidMetadata", 400, RestrictionDissatisfied, False),
    ("InvalidBlockList", 400, RestrictionDissatisfied, False),
    ("InvalidBlobOrBlock", 400, RestrictionDissatisfied, False),
    ("InvalidBlobType", 409, RestrictionDissatisfied, False),
    ("SnapshotsPresent", 409, RestrictionDissatisfied, False),
    ("RequestBodyTooLarge", 413, RestrictionDissatisfied, False),
    ("UnsupportedHeader", 400, PairUnsupported, False),
    ("ServerBusy", 503, RequestThrottled, True),
    ("InternalError", 500, ServiceInternal, True),
    ("OperationTimedOut", 500, OperationTimeout, True),
    ("NeverHeardOf", 400, RestrictionDissatisfied, False),
    ("NeverHeardOf", 418, Unexpected, False),
    ("NeverHeardOf", 599, ServiceInternal, True),
]


def failing(code: str, status: int) -> Answer:
    """What Azure answers with an error."""
    body = f"<Error><Code>{code}</Code><Message>why\nRequestId:r-1\nTime:now</Message></Error>"
    headers = {
        "Content-Type": "application/xml",
        "x-ms-error-code": code,
        "x-ms-request-id": "r-1",
    }
    return Answer(('<?xml version="1.0"?>' + body).encode(), status, headers)


@pytest.mark.parametrize(("code", "status", "kind", "retryable"), CODES)
def test_code_becomes_class(
    wire: Stub,
    wired: AzblobStorage,
    code: str,
    status: int,
    kind: type[StorageError],
    *,
    retryable: bool,
) -> None:
    wire.answers["PutBlob"] = failing(code, status)
    with pytest.raises(StorageError) as caught:
        wired.write("sub/a", b"x")
    error = caught.value
    assert (type(error), error.retryable, error.http_status) == (kind, retryable, status)
    assert (error.op, error.service, error.path) == ("write", "azblob", "sub/a")
    assert error.request_id == "r-1"
    assert code in str(error)
    assert "RequestId" not in str(error)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (304, ConditionFailed),
        (401, CredentialInvalid),
        (403, PermissionDenied),
        (404, ObjectNotExist),
        (412, ConditionFailed),
        (429, RequestThrottled),
        (500, ServiceInternal),
        (501, PairUnsupported),
        (503, ServiceInternal),
    ],
)
def test_answer_without_a_body_is_told_by_its_status(
    wire: Stub, wired: AzblobStorage, status: int, kind: type[StorageError]
) -> None:
    wire.answers["GetBlobProperties"] = Answer(status=status)
    with pytest.raises(StorageError) as caught:
        wired.stat("a")
    assert (type(caught.value), caught.value.http_status) == (kind, status)


OF_OTHERS: Final = ("Queue", "Share", "Message", "PopReceipt", "File", "Directory", "Sharing")
"""Words in codes of Azure's other services, which Blob Storage never gives."""
ELSEWHERE: Final = {
    "ClientCacheFlushDelay",
    "ContainerQuotaDowngradeNotAllowed",
    "DeletePending",
    "DestinationPathIsBeingDeleted",
    "InvalidDestinationPath",
    "InvalidRenameSourcePath",
    "InvalidSourceOrDestinationResourceType",
    "LeaseIsAlreadyBroken",
    "LeaseNameMismatch",
    "PathConflict",
    "RenameDestinationParentPathNotFound",
    "SourcePathIsBeingDeleted",
}
"""The same, without such a word."""


def test_every_code_of_the_vendor_is_mapped_or_of_another_service() -> None:
    known = {str(code.value) for code in StorageErrorCode}
    missing = {
        code for code in known - set(errors._CODES) if not any(word in code for word in OF_OTHERS)
    }
    assert missing == ELSEWHERE


def vendor_classes() -> Iterator[type[BaseException]]:
    """Every exception class of azure.core and azure.storage.blob."""
    seen: set[type[BaseException]] = set()
    for package in (azure.core, azure.storage.blob):
        for module in modules_of(package):
            for found in [*vars(module).values()]:
                if not (inspect.isclass(found) and issubclass(found, BaseException)):
                    continue
                if found.__module__.startswith(package.__name__) and found not in seen:
                    seen.add(found)
                    yield found


def modules_of(package: ModuleType) -> Iterator[ModuleType]:
    yield package
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not any(word in info.name for word in ("aio", "async", "opentelemetry", "trio")):
            yield importlib.import_module(info.name)


FOREIGN: Final = {
    "AvroException": "queries",
    "AvroTypeException": "queries",
    "BadResponse": "long-running operations",
    "BadStatus": "long-running operations",
    "DataFileException": "queries",
    "Error": "queries",
    "OperationFailed": "long-running operations",
    "SchemaParseException": "queries",
    "SchemaResolutionException": "queries",
}
"""Classes outside the SDK's tree of errors, of what no operation uses."""
BARE: Final = {"ODataV4Error": "cannot be made without an answer; Blob Storage speaks no OData"}


def test_every_class_of_the_vendor_is_mapped() -> None:
    classes = set(vendor_classes())
    names = {cls.__name__ for cls in classes}
    assert {"HttpResponseError", "ServiceRequestError", "PartialBatchErrorException"} <= names
    ours = {cls for cls in classes if issubclass(cls, errors.VENDOR_ERRORS)}
    assert {cls.__name__ for cls in classes - ours} <= set(FOREIGN)
    for cls in ours:
        if cls.__name__ in BARE:
            continue
        mapped = errors.mapped(bare(cls))
        ancestors = {parent.__name__ for parent in cls.__mro__}
        known = ancestors & set(errors._CLASSES) - {"DeserializationError"}
        assert (type(mapped) is Unexpected) == (not known), cls


def bare(cls: Any) -> Any:
    """An exception of a class whose constructor may want what no test has."""
    error = cls.__new__(cls)
    error.args = ("why",)
    error.response, error.status_code, error.message = None, None, "why"
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (core_errors.ServiceRequestError("x"), ConnectionFailed),
        (core_errors.ServiceResponseError("x"), ConnectionFailed),
        (core_errors.ServiceRequestTimeoutError("x"), OperationTimeout),
        (core_errors.ServiceResponseTimeoutError("x"), OperationTimeout),
        (core_errors.IncompleteReadError("x"), ConnectionFailed),
        (core_errors.ClientAuthenticationError("x"), CredentialInvalid),
        (core_errors.SerializationError("x"), PairValueInvalid),
        (AzureError("x"), Unexpected),
    ],
)
def test_class_of_the_vendor_becomes_class(error: Exception, kind: type[StorageError]) -> None:
    assert type(errors.mapped(error)) is kind


# --------------------------------------------------------------------------------- what users see


def test_wrong_key(azurite: Azurite, container: str) -> None:
    secret = "d3Jvbmcta2V5LXRoYXQtbXVzdC1uZXZlci1iZS1zaG93bg=="
    options: dict[str, Any] = options_of(azurite) | {
        "credential": f"hmac:{azurite.account}:{secret}"
    }
    with AzblobStorage(name=container, **options) as store:
        with pytest.raises((CredentialInvalid, PermissionDenied)) as caught:
            store.write("a", b"x")
        assert secret not in f"{caught.value!r}{caught.value}{store!r}"


def test_missing_container(azurite: Azurite) -> None:
    with AzblobStorage(name="no-such-container", **options_of(azurite)) as store:
        for call in (lambda: store.write("a", b"x"), lambda: list(store.list())):
            with pytest.raises(ObjectNotExist, match="container does not exist"):
                call()


def test_nobody_listens(azurite: Azurite) -> None:
    options: dict[str, Any] = options_of(azurite) | {
        "endpoint": "http://127.0.0.1:9/a",
        "max_retries": 0,
    }
    with AzblobStorage(name="abc", **options) as store, pytest.raises(ConnectionFailed):
        store.stat("a")


def test_certificate_of_nobody(wire: Stub) -> None:
    with open_wired(wire, ca_bundle=None) as store, pytest.raises(ConnectionFailed):
        store.stat("a")


def test_key_is_never_sent_in_the_clear() -> None:
    with serving(Stub()) as plain:
        options: dict[str, Any] = {"endpoint": plain.endpoint, "credential": f"hmac:account:{KEY}"}
        with AzblobStorage(name="abc", **options) as store:
            with pytest.raises(PairValueInvalid, match="https"):
                store.read_bytes("a", encryption_key=bytes(32))
            with pytest.raises(PairValueInvalid, match="https"):
                store.write("a", b"x", encryption_key=bytes(32))
        assert plain.requests == []


def test_keys_that_cannot_be(wired: AzblobStorage) -> None:
    with pytest.raises(PairValueInvalid, match="32 bytes"):
        wired.write("a", b"x", encryption_key=b"short")
    with pytest.raises(PairConflict):
        wired.write("a", b"x", encryption_key=bytes(32), encryption_scope="scope")


@pytest.mark.parametrize("metadata", [{"a-b": "x"}, {"ä": "x"}, {"a": "ü"}, {"a": "x\ny"}])
def test_metadata_that_no_header_can_tell(wire: Stub, wired: AzblobStorage, metadata: Any) -> None:
    with pytest.raises(PairValueInvalid, match="user_metadata"):
        wired.write("a", b"x", user_metadata=metadata)
    with pytest.raises(PairValueInvalid, match="user_metadata"):
        wired.create_block("a", user_metadata=metadata)
    assert wire.take() == []


def test_backslash_is_refused(wire: Stub, wired: AzblobStorage) -> None:
    with pytest.raises(PathInvalid, match="backslash"):
        wired.write("a\\b", b"x")
    assert wire.take() == []


def test_commit_whose_first_answer_was_lost(wire: Stub) -> None:
    """The second request of the SDK finds the object there already: it is ours."""
    ids: list[str] = []

    def serve(request: Request) -> Answer | None:
        if request.kind == "PutBlock":
            ids.append(request.query["blockid"])
        if request.kind == "PutBlockList":
            return failing("BlobAlreadyExists", 409)
        if request.kind == "GetBlockList":
            listed = "".join(f"<Block><Name>{i}</Name><Size>1</Size></Block>" for i in ids)
            body = f"<BlockList><CommittedBlocks>{listed}</CommittedBlocks></BlockList>"
            headers = {"Content-Type": "application/xml"}
            return Answer(f'<?xml version="1.0"?>{body}'.encode(), headers=headers)
        return None

    wire.other = serve
    with open_wired(wire) as store:
        with store.open_writer("a", part_size=10, concurrency=1, if_not_exists=True) as writer:
            writer.write(bytes(15))
        assert writer.result is not None
        assert (writer.result.size, writer.result.etag) == (15, ETAG)


def test_commit_over_anothers_object_fails(wire: Stub, wired: AzblobStorage) -> None:
    wire.answers["PutBlockList"] = failing("BlobAlreadyExists", 409)
    writer = wired.open_writer("a", part_size=10, concurrency=1, if_not_exists=True)
    with pytest.raises(ObjectExists), writer:
        writer.write(bytes(15))


@pytest.mark.parametrize("retries", [0, 2])
def test_max_retries(wire: Stub, monkeypatch: pytest.MonkeyPatch, retries: int) -> None:
    monkeypatch.setattr("time.sleep", print)
    wire.answers["GetBlobProperties"] = Answer(status=503)
    with open_wired(wire, max_retries=retries) as store, pytest.raises(ServiceInternal):
        store.stat("a")
    assert len(wire.of("GetBlobProperties")) == retries + 1


def test_batch_names_each_path_that_remains(wire: Stub, wired: AzblobStorage) -> None:
    answers = (("202 Accepted", ""), ("409 Conflict", "x-ms-error-code: SnapshotsPresent\r\n"))
    parts = "".join(
        f"--b\r\nContent-Type: application/http\r\nContent-ID: {n}\r\n\r\n"
        f"HTTP/1.1 {status}\r\n{header}\r\n\r\n"
        for n, (status, header) in enumerate(answers)
    )
    headers = {"Content-Type": "multipart/mixed; boundary=b"}
    wire.answers["BlobBatch"] = Answer(f"{parts}--b--".encode(), 202, headers)
    with pytest.raises(BatchFailed) as caught:
        wired.delete_batch(["one", "two"])
    assert {p: type(e) for p, e in caught.value.failures.items()} == {
        "two": RestrictionDissatisfied
    }


def test_no_log_has_a_secret(wire: Stub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    key = bytes(range(32))
    with open_wired(wire) as store:
        store.write("a", b"x", encryption_key=key)
        url = store.reach("a", 60)
    signature = url.partition("sig=")[2].partition("&")[0]
    for secret in (KEY, base64.b64encode(key).decode(), signature):
        assert secret not in caplog.text


class TestDownloads(DownloadSuite):
    get = "GetBlob"
    range = "x-ms-range"
