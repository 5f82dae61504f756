"""That a store encrypts what it was told to: it must say so, as S3 does.

Not every store knows the headers that ask for encryption, and one that does not keeps the content
readable for all who may read the object. An upload is given up at the first part that is stored
without, and a whole object removed if it certainly is the one that was written.

Some stores that encrypt say so of a part, but not when its upload begins, and not of a copy. Others
repeat of an object what they were told, and do not do it: only an object that is refused to those
without the key is known to be encrypted with it. Of what is empty, nothing need be confirmed.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, final

from botocore.exceptions import ClientError

from storewright.core.deadline import within
from storewright.core.errors import PairUnsupported
from storewright.services.s3.errors import VENDOR_ERRORS, code_of

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

__all__ = ["Demands", "check_part", "confirm_copy", "copy_object", "put_object", "unconfirmed"]

_PAIRS: Final = {
    "SSECustomerAlgorithm": "server_side_encryption_customer_key",
    "ServerSideEncryption": "server_side_encryption",
}
"""What answers repeat of their requests, and the pair that asks for it."""
_WHERE: Final = ("Bucket", "Key", "ExpectedBucketOwner", "RequestPayer")
_HINT: Final = "there may be a profile that knows what this store ignores"


@final
class Demands:
    """The encryption that the parts of an upload have yet to confirm, whoever sends them.

    It is known of the uploads that this process has begun, until they end.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._missing: dict[str, Mapping[str, Any]] = {}

    def expect(self, upload_id: str, missing: Mapping[str, Any]) -> None:
        """The store has said nothing of this when the upload began."""
        if missing:
            with self._lock:
                self._missing[upload_id] = missing

    def of(self, upload_id: str | None) -> Mapping[str, Any]:
        """What the answer to each part must repeat."""
        with self._lock:
            return self._missing.get(upload_id or "", {})

    def forget(self, upload_id: str | None) -> None:
        """The upload has ended."""
        with self._lock:
            self._missing.pop(upload_id or "", None)


def put_object(client: S3Client, args: dict[str, Any]) -> Mapping[str, Any]:
    """Store an object. Raises PairUnsupported if it is not encrypted as it should be."""
    answer = client.put_object(**args)
    missing = unconfirmed(args, answer)
    if missing and args.get("Body"):
        raise _undone(client, args, missing, answer.get("ETag"), answer.get("VersionId"))
    return answer


def copy_object(client: S3Client, args: dict[str, Any]) -> None:
    """Copy an object. Raises PairUnsupported if the copy is not encrypted as it should be."""
    answer: Any = client.copy_object(**args)
    confirm_copy(client, args, answer, answer.get("CopyObjectResult", {}).get("ETag"))


def confirm_copy(client: S3Client, args: dict[str, Any], answer: Any, etag: str | None) -> None:
    """Make sure that a copy has the encryption that ``args`` ask for. Not every store says it.

    Raises PairUnsupported if not; the copy is removed if it is certain to be that one.
    """
    missing, version = unconfirmed(args, answer), answer.get("VersionId")
    if missing and not _is_encrypted(client, _where(args) | _one(version), missing):
        raise _undone(client, args, missing, etag, version)


def check_part(demanded: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    """Raise PairUnsupported if the answer to a part leaves out the encryption of its upload."""
    missing = unconfirmed(demanded, answer)
    if missing:
        raise _refusal(missing, "a part of the upload is stored unencrypted")


def unconfirmed(args: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """What ``args`` ask for of encryption that ``answer`` does not repeat."""
    wanted = {name: args[name] for name in _PAIRS if name in args}
    return {name: value for name, value in wanted.items() if answer.get(name) != value}


def _refusal(missing: Mapping[str, Any], outcome: str) -> PairUnsupported:
    pair = _PAIRS[next(iter(missing))]
    message = f"the store takes no notice of {pair}: {outcome}"
    return PairUnsupported(message, pair=pair, hint=_HINT)


def _is_encrypted(client: S3Client, where: dict[str, Any], missing: Mapping[str, Any]) -> bool:
    """Whether a store keeps an object from those without the key, or says what it did itself."""
    by_key = "SSECustomerAlgorithm" in missing
    try:
        with within(None):
            found: Any = client.head_object(**where)
    except VENDOR_ERRORS as error:
        return by_key and isinstance(error, ClientError) and code_of(error) == "400"
    return not (found["ContentLength"] and (by_key or unconfirmed(missing, found)))


def _undone(
    client: S3Client,
    args: Mapping[str, Any],
    missing: Mapping[str, Any],
    etag: str | None,
    version: str | None,
) -> PairUnsupported:
    """Remove an object that is not encrypted, and say what became of it."""
    try:
        with within(None):
            removed = _remove(client, _where(args), etag, _one(version))
    except VENDOR_ERRORS:
        removed = False
    outcome = "the object was removed" if removed else "the object may be there, unencrypted"
    return _refusal(missing, outcome)


def _remove(client: S3Client, where: dict[str, Any], etag: str | None, one: dict[str, Any]) -> bool:
    """Delete what was just written; False if somebody else may have written there since."""
    if not one:
        found = client.head_object(**where)["ETag"]
        if etag is None or found.strip('"') != etag.strip('"'):  # Ceph does not quote a copy's
            return False
        one = {"IfMatch": found}  # which not every store heeds: hence the look before
    client.delete_object(**where, **one)
    return True


def _where(args: Mapping[str, Any]) -> dict[str, Any]:
    return {name: args[name] for name in _WHERE if name in args}


def _one(version: str | None) -> dict[str, Any]:
    """What names a version, where the bucket keeps several."""
    return {"VersionId": version} if version and version != "null" else {}
