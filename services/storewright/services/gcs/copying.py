"""Copying an object inside the service: as many requests as a large one takes."""

from __future__ import annotations

from typing import Any, Final

from storewright.services.gcs import errors
from storewright.services.gcs.calls import Calls, Request, quoted
from storewright.services.gcs.inserting import json_of
from storewright.services.gcs.place import Place

__all__ = ["copy", "move"]

_JSON: Final = {"content-type": "application/json; charset=UTF-8"}
_KEPT: Final = (
    "cacheControl",
    "contentDisposition",
    "contentEncoding",
    "contentLanguage",
    "contentType",
    "customTime",
    "metadata",
)
"""What the service copies or replaces only together."""


def copy(
    calls: Calls,
    place: Place,
    source: str,
    target: str,
    args: dict[str, Any],
    found: dict[str, Any] | None,
) -> None:
    """Copy the object at key ``source`` to ``target``.

    Content headers and user metadata that ``args`` do not name are the source's; where any differ,
    ``found`` is its resource.
    """
    resource = Request.of(args).resource
    if resource and found is not None:
        resource = {name: found[name] for name in _KEPT if name in found} | resource
        args = {"ifSourceMetagenerationMatch": found["metageneration"], **args}
        args = {"sourceGeneration": found["generation"], **args}
    path = f"{place.object(source)}/rewriteTo{_target(place, target)}"
    body = json_of(resource).encode() if resource else b""
    more: dict[str, Any] = {}
    with errors.exclusive(args):
        while True:
            done = calls.json(
                "POST", path, {**args, **more}, headers=_JSON, body=body, repeat=False
            )
            if done.get("done", True):
                return
            more = {"rewriteToken": done["rewriteToken"]}


def move(calls: Calls, place: Place, source: str, target: str, args: dict[str, Any]) -> None:
    """Rename the object at key ``source`` to ``target``, in one step."""
    path = f"{place.object(source)}/moveTo/o/{quoted(target)}"
    with errors.exclusive(args):
        calls.send("POST", path, args, headers=_JSON, body=b"", repeat=False)


def _target(place: Place, key: str) -> str:
    return f"/b/{quoted(place.bucket)}/o/{quoted(key)}"
