"""What a store takes and ignores: on the store itself, why its profile must refuse it.

Without the profile each of these succeeds and does not do what was asked for, silently. Encryption
is not among that: a store that ignores it is found out, and keeps nothing.
"""

import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

import pytest
from botocore.exceptions import ClientError

from storewright.services.s3 import S3Storage
from storewright.storage import ListMode, ObjectNotExist, PairUnsupported, StorageError
from storewright.testing.servers import (
    Ceph,
    JuiceFS,
    Ministack,
    Moto,
    Rclone,
    S3Server,
    SeaweedFS,
    Swift,
)
from tests.conftest import Running
from tests.services.s3.conftest import options_of

from .suite import first_store

pytestmark = [pytest.mark.server, pytest.mark.slow]

Scenario: TypeAlias = Callable[[S3Storage], bool]
SERVERS: Final[dict[type[S3Server], str]] = {
    Ceph: "Ceph",
    JuiceFS: "JuiceFS",
    Ministack: "ministack",
    Moto: "moto",
    Rclone: "rclone",
    SeaweedFS: "SeaweedFS",
    Swift: "Swift",
}
OTHER: Final = '"00000000000000000000000000000000"'
"""The ETag of something else."""


def customer_key(store: S3Storage) -> bool:
    store.write("a", b"secret", server_side_encryption_customer_key=bytes(32))
    return store.read_bytes("a") == b"secret"  # without the key


def customer_key_of_an_upload(store: S3Storage) -> bool:
    key: Any = {"server_side_encryption_customer_key": bytes(32)}
    made = store.create_multipart("a", **key)
    try:
        part = store.write_multipart(made, b"secret", 0, **key)
        store.complete_multipart(made, [part], **key)
    finally:
        store.delete("a", multipart_id=made.multipart_id)
    return store.read_bytes("a") == b"secret"


def customer_key_of_a_copy(store: S3Storage) -> bool:
    store.write("b", b"secret")
    try:
        store.copy("b", "a", server_side_encryption_customer_key=bytes(32))
    finally:
        store.delete("b")
    return store.read_bytes("a") == b"secret"


def customer_key_of_a_writer(store: S3Storage) -> bool:
    with store.open_writer(
        "a", part_size=5 * 1024 * 1024, server_side_encryption_customer_key=bytes(32)
    ) as writer:
        writer.write(bytes(6 * 1024 * 1024))
    return store.read_bytes("a", size=1) == b"\0"


def encryption_by_the_store(store: S3Storage) -> bool:
    store.write("a", b"1", server_side_encryption="AES256")
    return answer(store).get("ServerSideEncryption") is None


def encryption_of_an_upload_by_the_store(store: S3Storage) -> bool:
    made = store.create_multipart("a", server_side_encryption="AES256")
    try:
        store.complete_multipart(made, [store.write_multipart(made, b"secret", 0)])
    finally:
        store.delete("a", multipart_id=made.multipart_id)
    return answer(store).get("ServerSideEncryption") is None


def encryption_that_is_only_said(store: S3Storage) -> bool:
    """There is no key of that name, nor any other."""
    key = "no-such-key"
    store.write(
        "a", b"1", server_side_encryption="aws:kms", server_side_encryption_aws_kms_key_id=key
    )
    return store.read_bytes("a") == b"1"


def creation(store: S3Storage) -> bool:
    store.write("a", b"old")
    store.write("a", b"new", if_not_exists=True)
    return store.read_bytes("a") == b"new"


def creation_by_an_upload(store: S3Storage) -> bool:
    store.write("a", b"old")
    made = store.create_multipart("a")
    store.complete_multipart(made, [store.write_multipart(made, b"new", 0)], if_not_exists=True)
    return store.read_bytes("a") == b"new"


def creation_by_a_copy(store: S3Storage) -> bool:
    store.write("a", b"old")
    store.write("b", b"new")
    store.copy("b", "a", if_not_exists=True)
    return store.read_bytes("a") == b"new"


def replacement(store: S3Storage) -> bool:
    store.write("a", b"old")
    store.write("a", b"new", if_match=OTHER)
    return store.read_bytes("a") == b"new"


def replacement_by_an_upload(store: S3Storage) -> bool:
    store.write("a", b"old")
    made = store.create_multipart("a")
    store.complete_multipart(made, [store.write_multipart(made, b"new", 0)], if_match=OTHER)
    return store.read_bytes("a") == b"new"


def copy_of_what_it_was(store: S3Storage) -> bool:
    store.write("a", b"1")
    store.copy("a", "b", copy_source_if_match=OTHER)
    return store.read_bytes("b") == b"1"


def deletion(store: S3Storage) -> bool:
    store.write("a", b"1")
    store.delete("a", if_match=OTHER)
    return not list(store.list())


def reading(store: S3Storage) -> bool:
    store.write("a", b"1")
    return store.read_bytes("a", if_match=OTHER) == b"1"


def stored_checksum(store: S3Storage) -> bool:
    store.write("a", b"1", checksum_algorithm="SHA256")
    return not {"ChecksumSHA256"} & answer(store, ChecksumMode="ENABLED").keys()


def content_encoding(store: S3Storage) -> bool:
    store.write("a", b"1", content_encoding="gzip")
    return answer(store).get("ContentEncoding") is None


def content_language(store: S3Storage) -> bool:
    store.write("a", b"1", content_language="de")
    return answer(store).get("ContentLanguage") is None


def stored_tags(store: S3Storage) -> bool:
    store.write("a", b"1", tagging={"a": "b"})
    found = store.client.get_object_tagging(**place(store))
    return not found["TagSet"]


def stored_metadata(store: S3Storage) -> bool:
    store.write("a", b"1", user_metadata={"some-key": "value"})
    return bool(answer(store)["Metadata"] != {"some-key": "value"})


def stored_class(store: S3Storage) -> bool:
    store.write("a", b"1", storage_class="STANDARD_IA")
    bucket, key = place(store).values()
    found: Any = store.client.list_objects_v2(Bucket=bucket, Prefix=key)
    return all(item["StorageClass"] != "STANDARD_IA" for item in found.get("Contents", ()))


def redirection(store: S3Storage) -> bool:
    store.write("a", b"1", website_redirect_location="/b")
    return answer(store).get("WebsiteRedirectLocation") is None


def owner(store: S3Storage) -> bool:
    store.write("a", b"1", expected_bucket_owner="999999999999")
    return store.read_bytes("a") == b"1"


def public_access(store: S3Storage) -> bool:
    store.write("a", b"1", acl="public-read")
    found = store.client.get_object_acl(**place(store))
    return not any(grant.get("Grantee", {}).get("URI") for grant in found["Grants"])


def grants(store: S3Storage) -> bool:
    uri = "http://acs.amazonaws.com/groups/global/AllUsers"
    store.write("a", b"1", grant_read=f'uri="{uri}"')
    found = store.client.get_object_acl(**place(store))
    return not any(grant.get("Grantee", {}).get("URI") == uri for grant in found["Grants"])


def retention(store: S3Storage) -> bool:
    """The bucket has no object lock, so this must be refused."""
    until = datetime.now(UTC) + timedelta(hours=1)
    store.write("a", b"1", object_lock_mode="GOVERNANCE", object_lock_retain_until=until)
    return answer(store).get("ObjectLockMode") is None


def legal_hold(store: S3Storage) -> bool:
    store.write("a", b"1", object_lock_legal_hold="ON")
    return answer(store).get("ObjectLockLegalHoldStatus") is None


def version(store: S3Storage) -> bool:
    store.write("a", b"1")
    return store.read_bytes("a", version_id="3sL4kqtJlcpXroDTDmJrmSpXd3dIbrHY") == b"1"


def later_change(store: S3Storage) -> bool:
    store.write("a", b"1")
    time.sleep(1.1)  # what servers keep are whole seconds
    return store.read_bytes("a", if_modified_since=datetime.now(UTC)) == b"1"


def copy_of_what_changed_later(store: S3Storage) -> bool:
    store.write("a", b"1")
    time.sleep(1.1)
    store.copy("a", "b", copy_source_if_modified_since=datetime.now(UTC))
    return store.read_bytes("b") == b"1"


def change(store: S3Storage) -> bool:
    store.write("a", b"1")
    etag = answer(store)["ETag"]
    return store.read_bytes("a", if_none_match=etag) == b"1"


def earlier_change(store: S3Storage) -> bool:
    store.write("a", b"1")
    long_ago = datetime(2001, 1, 1, tzinfo=UTC)
    return store.read_bytes("a", if_unmodified_since=long_ago) == b"1"


def replacement_of_nothing(store: S3Storage) -> bool:
    store.write("a", b"new", if_match=OTHER)
    return store.read_bytes("a") == b"new"


def replacement_by_a_copy(store: S3Storage) -> bool:
    store.write("a", b"old")
    store.write("b", b"new")
    store.copy("b", "a", if_match=OTHER)
    return store.read_bytes("a") == b"new"


def copy_of_what_changed(store: S3Storage) -> bool:
    store.write("a", b"1")
    store.copy("a", "b", copy_source_if_none_match=answer(store)["ETag"])
    return store.read_bytes("b") == b"1"


def copy_of_what_changed_earlier(store: S3Storage) -> bool:
    store.write("a", b"1")
    long_ago = datetime(2001, 1, 1, tzinfo=UTC)
    store.copy("a", "b", copy_source_if_unmodified_since=long_ago)
    return store.read_bytes("b") == b"1"


def owner_of_the_source(store: S3Storage) -> bool:
    store.write("a", b"1")
    store.copy("a", "b", expected_source_bucket_owner="999999999999")
    return store.read_bytes("b") == b"1"


def cache_control(store: S3Storage) -> bool:
    store.write("a", b"1", cache_control="no-store")
    return answer(store).get("CacheControl") != "no-store"


def content_disposition(store: S3Storage) -> bool:
    store.write("a", b"1", content_disposition="inline")
    return answer(store).get("ContentDisposition") != "inline"


def content_type(store: S3Storage) -> bool:
    store.write("a", b"1", content_type="application/sql")
    return answer(store).get("ContentType") != "application/sql"


def place(store: S3Storage) -> dict[str, Any]:
    """Where the object is, as boto3 wants to hear it."""
    return {"Bucket": store.metadata().name, "Key": store.create("a").id}


def answer(store: S3Storage, **options: Any) -> dict[str, Any]:
    """What the store says of the object, to a client without our wrapping."""
    found: Any = store.client.head_object(**place(store), **options)
    return dict(found)


BUCKET_OWNER: Final = (owner, owner_of_the_source)
COPIES: Final = (creation_by_a_copy, replacement_by_a_copy)
REPLACING: Final = (
    *COPIES,
    creation,
    creation_by_an_upload,
    deletion,
    replacement,
    replacement_by_an_upload,
    replacement_of_nothing,
)
KEYS: Final = (
    customer_key,
    customer_key_of_a_copy,
    customer_key_of_a_writer,
    customer_key_of_an_upload,
)
BY_THE_STORE: Final = (encryption_by_the_store, encryption_of_an_upload_by_the_store)
NOTICED: Final = (*KEYS, *BY_THE_STORE, encryption_that_is_only_said)
"""What is found out without a profile, too."""
RIGHTS: Final = (grants, public_access)
IGNORED: Final[dict[type[S3Server], tuple[Scenario, ...]]] = {
    Ceph: (
        *BUCKET_OWNER,
        *BY_THE_STORE,
        *COPIES,
        creation_by_an_upload,
        customer_key_of_a_copy,
        deletion,
        replacement_by_an_upload,
        stored_checksum,
    ),
    JuiceFS: (
        *BUCKET_OWNER,
        *REPLACING,
        *RIGHTS,
        content_encoding,
        content_language,
        redirection,
        stored_checksum,
    ),
    Ministack: (*BUCKET_OWNER, *COPIES),
    Moto: (*BUCKET_OWNER, *COPIES, *KEYS, replacement_by_an_upload),
    Rclone: (
        *BUCKET_OWNER,
        *REPLACING,
        *KEYS,
        copy_of_what_changed_earlier,
        copy_of_what_changed_later,
        copy_of_what_it_was,
        earlier_change,
        encryption_that_is_only_said,
        later_change,
        reading,
        stored_class,
        stored_metadata,
    ),
    SeaweedFS: (*BUCKET_OWNER, *RIGHTS, redirection),
    Swift: (*BUCKET_OWNER, *KEYS, *RIGHTS, legal_hold, retention, stored_checksum),
}
HARMLESS: Final[dict[type[S3Server], dict[Scenario, str]]] = {
    Ministack: {encryption_that_is_only_said: "it holds nothing but tests' data"},
    Moto: {encryption_that_is_only_said: "it holds nothing but tests' data"},
    SeaweedFS: {
        encryption_that_is_only_said: "it makes a key for any name, as we set it up",
        version: "a bucket without versions has only one",
    },
}
SCENARIOS: Final[list[Scenario]] = [
    found
    for found in list(globals().values())
    if getattr(found, "__annotations__", {}).get("return") is bool
]


def opened(server: S3Server, profile: str = "") -> S3Storage:
    first = first_store(server, profile)
    options: dict[str, Any] = {"profile": profile or None, "work_dir": f"/{uuid.uuid4().hex}"}
    options |= options_of(server)
    store = S3Storage(name=first.metadata().name, **options)
    store.share(first._clients)
    return store


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=pytest.mark.xdist_group(name)) for k, name in SERVERS.items()]
)
def test_what_a_store_ignores_its_profile_refuses(
    running: Running, kind: type[S3Server], scenario: Scenario
) -> None:
    server = running(kind)
    if scenario in IGNORED[kind]:
        check_ignored(scenario, opened(server))
        with pytest.raises(PairUnsupported, match=f"profile '{kind.profile}' rules it out"):
            scenario(opened(server, kind.profile))
    elif scenario not in HARMLESS.get(kind, {}):
        assert not is_ignored(scenario, opened(server))


def check_ignored(scenario: Scenario, store: S3Storage) -> None:
    """That the store takes what it does not do, or is found out and left as it was."""
    if scenario not in NOTICED:
        assert scenario(store)
        return
    with pytest.raises(PairUnsupported, match=r"takes no notice of server_side_encryption"):
        scenario(store)
    assert list(store.list()) == []
    with suppress(ObjectNotExist):  # so rclone calls that there are none
        assert list(store.list(list_mode=ListMode.PART)) == []


def is_ignored(scenario: Scenario, store: S3Storage) -> bool:
    """Whether the store takes what it does not do; an error is an honest answer."""
    try:
        return scenario(store)
    except (StorageError, ClientError):
        return False
