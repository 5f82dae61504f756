"""Conditions on an object's ETag, for calls that know conditions on its generation only."""

from __future__ import annotations

from typing import Any

from google.api_core.exceptions import GoogleAPICallError

from storewright.core.errors import ConditionFailed
from storewright.services.gcs.calls import Calls
from storewright.services.gcs.errors import status_of
from storewright.services.gcs.place import Place

__all__ = ["if_new", "if_tagged", "match_headers", "matched"]


def match_headers(if_match: str | None, if_none_match: str | None) -> dict[str, str]:
    """The headers of a call that knows conditions on tags: one that reads."""
    given = {"if-match": if_match, "if-none-match": if_none_match}
    return {name: tag for name, tag in given.items() if tag is not None}


def if_new(args: dict[str, Any], wanted: bool | None) -> dict[str, Any]:
    """``args`` with the condition that there is no such object yet, if that is wanted."""
    return {**args, "ifGenerationMatch": 0} if wanted else args


def if_tagged(
    calls: Calls, place: Place, key: str, tag: str | None, look_up: dict[str, Any]
) -> dict[str, Any]:
    """The condition that the object there has the ETag ``tag``, as one on its generation.

    One request finds out which generation and metageneration have that tag; what happens after it
    makes the condition fail, so that nothing is replaced unseen. Raises ConditionFailed if the
    object has another tag already, or is not there.
    """
    if tag is None:
        return {}
    try:
        found = calls.json("GET", place.object(key), look_up)
    except GoogleAPICallError as error:
        if status_of(error) != 404:
            raise
        raise ConditionFailed("there is no object", http_status=404) from error
    return matched(found, tag)


def matched(found: dict[str, Any], tag: str) -> dict[str, Any]:
    """The same for an object whose resource was ``found``."""
    if found.get("etag") != tag:
        raise ConditionFailed("the object has another ETag")
    return {
        "ifGenerationMatch": found["generation"],
        "ifMetagenerationMatch": found["metageneration"],
    }
