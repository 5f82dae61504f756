"""Pages of Azure's listings as objects, blocks and tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from azure.storage.blob import BlobPrefix

from storewright.core.encoders import encode_base64
from storewright.core.iterators import Page
from storewright.generated.azblob.bindings import object_from_list_blobs
from storewright.generated.objects import Object
from storewright.services.azblob import blocks
from storewright.services.azblob.kinds import BLOCK, DIR, READ, as_kind
from storewright.services.azblob.links import LINKS

if TYPE_CHECKING:
    from storewright.services.azblob.place import Place

__all__ = ["PAGE", "BlockPages", "ObjectPages", "first_page"]

PAGE: Final = 5000
"""Items in one answer at most."""


def first_page(pages: Any) -> tuple[list[Any], str | None]:
    """The items of the first of the SDK's pages, and the token of the next."""
    page = next(pages, ())
    return list(page), getattr(pages, "continuation_token", None) or None


class ObjectPages:
    """Fetches pages of the objects whose keys begin with ``prefix``.

    With ``directory``, of one level; ``include`` is what the service shall list or tell beside.
    ``marked`` says that keys ending in a slash are directories, ``linked`` that metadata may make
    an object a link: what the user enabled.
    """

    def __init__(
        self,
        place: Place,
        prefix: str,
        size: int,
        include: list[str],
        *,
        directory: bool = False,
        marked: bool = False,
        linked: bool = False,
    ) -> None:
        self._place, self._prefix, self._directory = place, prefix, directory
        self._options: dict[str, Any] = {
            "name_starts_with": prefix or None,
            "include": include or None,
            "results_per_page": size,
        }
        self._marked, self._linked = marked, linked

    def __call__(self, token: str | None) -> Page[Object]:
        """One page, from the service's token on."""
        entries, following = self._ask(token)
        items = (self._item(entry) for entry in entries)
        return Page(sorted((i for i in items if i is not None), key=_id), following)

    def _ask(self, token: str | None) -> tuple[list[Any], str | None]:
        client = self._place.container
        listing: Any = client.walk_blobs if self._directory else client.list_blobs
        return first_page(listing(**self._options).by_page(token))

    def _item(self, entry: Any) -> Object | None:
        """An entry as an object; None for one that is no part of the listing."""
        key: str = entry.name
        if key == self._place.work_dir.key_prefix:
            return None  # the mark of work_dir: no path leads to it
        if isinstance(entry, BlobPrefix):
            return self._dir(key)
        if not (self._marked and key.endswith("/")):
            return self._object(key, entry)
        return None if key == self._prefix else self._dir(key)  # a directory does not list itself

    def _dir(self, key: str) -> Object:
        return Object(self._place.work_dir.path(key).removesuffix("/"), key, DIR)

    def _object(self, key: str, entry: Any) -> Object:
        told = _told(entry)
        item = object_from_list_blobs(self._place.work_dir.path(key), key, READ, told)
        as_kind(item, told["blob_type"])
        if self._linked and item.user_metadata:
            LINKS.as_link(item, self._place.work_dir)
        return item


def _id(item: Object) -> str:
    return item.id


def _told(entry: Any) -> dict[str, Any]:
    """What the SDK says of a blob that it listed, as one level of names."""
    content, lease, copy, policy = (
        entry.content_settings,
        entry.lease,
        entry.copy,
        entry.immutability_policy,
    )
    return {
        "access_tier": entry.blob_tier,
        "access_tier_change_time": entry.blob_tier_change_time,
        "access_tier_inferred": entry.blob_tier_inferred,
        "archive_status": entry.archive_status,
        "blob_type": _text(entry.blob_type),
        "cache_control": content.cache_control or None,
        "content_disposition": content.content_disposition or None,
        "content_encoding": content.content_encoding or None,
        "content_language": content.content_language or None,
        "content_length": entry.size,
        "content_md5": encode_base64(bytes(content.content_md5)) if content.content_md5 else None,
        "content_type": content.content_type or None,
        "copy_completion_time": copy.completion_time,
        "copy_id": copy.id,
        "copy_progress": copy.progress,
        "copy_source": copy.source,
        "copy_status": _text(copy.status),
        "creation_time": entry.creation_time,
        "encryption_scope": entry.encryption_scope,
        "etag": _tag(entry.etag),
        "has_legal_hold": entry.has_legal_hold,
        "immutability_policy_mode": _text(policy.policy_mode),
        "immutability_policy_until": policy.expiry_time,
        "is_current_version": entry.is_current_version,
        "is_sealed": entry.is_append_blob_sealed,
        "last_access_time": entry.last_accessed_on,
        "last_modified": entry.last_modified,
        "lease_duration": _text(lease.duration),
        "lease_state": _text(lease.state),
        "lease_status": _text(lease.status),
        "rehydrate_priority": entry.rehydrate_priority,
        "sequence_number": entry.page_blob_sequence_number,
        "server_encrypted": entry.server_encrypted,
        "snapshot": entry.snapshot,
        "tag_count": entry.tag_count,
        "user_metadata": entry.metadata or None,
        "version_id": entry.version_id,
    }


def _text(value: Any) -> str | None:
    """A member of an enumeration as the service writes it."""
    return None if value is None else str(getattr(value, "value", value))


def _tag(etag: str | None) -> str | None:
    """The ETag as it is in headers and conditions: listings leave the quotes out."""
    return etag if not etag or etag.startswith('"') else f'"{etag}"'


class BlockPages:
    """Fetches pages of the blobs below ``prefix`` that have uncommitted blocks and no content.

    The service does not list the blocks of blobs that have some: only list_block tells.
    """

    def __init__(self, place: Place, prefix: str, size: int) -> None:
        self._place = place
        self._pages = ObjectPages(place, prefix, size, ["uncommittedblobs"])

    def __call__(self, token: str | None) -> Page[Object]:
        """One page, from the service's token on."""
        page = self._pages(token)
        return Page(list(self._unfinished(page.items)), page.token)

    def _unfinished(self, items: Any) -> Iterator[Object]:
        for item in items:
            if not item.content_length and item.mode == READ:  # only of these can it be
                blob = self._place.blob_of(item.id)
                if blocks.uncommitted(blob):
                    yield Object(item.path, item.id, BLOCK, last_modified=item.last_modified)
