"""Lists that are continued by a marker, from a store that is asked in the newer way.

Asked in the older way, SeaweedFS loses ``a%2Bb`` after a page that ends at ``a%252Bb``; and the
last name of a page is not the greatest, as it sorts directories before all else.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Final
from urllib.parse import quote

from tests.servers.shim.message import Request

__all__ = ["ask_newly", "tell_marker"]

_NEW: Final = ("ContinuationToken", "KeyCount", "NextContinuationToken", "StartAfter")


def ask_newly(request: Request) -> None:
    """Make ListObjects a ListObjectsV2."""
    marker = request.params.get("marker", "")
    request.query = [pair for pair in request.query if pair[0] != "marker"]
    request.query += [("list-type", "2"), ("fetch-owner", "true"), ("start-after", marker)]


def tell_marker(root: ET.Element, marker: str, *, encoded: bool) -> None:
    """Make the answer one to ListObjects from ``marker`` on."""
    following = root.findtext("NextContinuationToken", "")
    for child in [child for child in root if child.tag in _NEW]:
        root.remove(child)
    markers = {"Marker": marker, "NextMarker": following}
    for name, text in markers.items() if following else [("Marker", marker)]:
        ET.SubElement(root, name).text = quote(text, safe="") if encoded else text
