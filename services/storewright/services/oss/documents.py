"""Lists of objects, from the document that answers: oss2 takes three times as long to read it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from storewright.core.errors import ServiceInternal

__all__ = ["Listed", "read"]


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a list."""

    entries: Iterable[dict[str, Any]]
    """What it tells of each object, under the names that oss2 has for it."""
    prefixes: Iterable[str]
    """What it tells of directories."""
    following: str | None
    """The token of the next page."""


def read(document: bytes) -> Listed:
    """The list of objects in a document. Raises ServiceInternal for one that is no such list."""
    try:
        return _read(ET.fromstring(document))  # noqa: S314 - of the service trusted with data
    except (ET.ParseError, KeyError, ValueError) as error:
        raise ServiceInternal("the answer is no list of objects") from error


def _read(root: ET.Element) -> Listed:
    texts = {element.tag: element.text or "" for element in root}
    decode = unquote if texts.get("EncodingType") == "url" else str
    entries = [{child.tag: child.text or "" for child in node} for node in root.iter("Contents")]
    prefixes = [node.findtext("Prefix", "") for node in root.iter("CommonPrefixes")]
    more = texts["IsTruncated"] == "true"
    return Listed(
        [_entry(decode(told["Key"]), told) for told in entries],
        [decode(prefix) for prefix in prefixes],
        decode(texts["NextContinuationToken"]) if more else None,
    )


def _entry(key: str, told: Mapping[str, str]) -> dict[str, Any]:
    size, kind, tag = int(told["Size"]), told.get("Type"), told["ETag"].strip('"')
    return {
        "key": key,
        "last_modified": datetime.fromisoformat(told["LastModified"]),
        "etag": f'"{tag}"',
        "type": kind,
        "size": size,
        "position": size if kind == "Appendable" else None,
        "storage_class": told.get("StorageClass"),
        "restore_info": told.get("RestoreInfo"),
    }
