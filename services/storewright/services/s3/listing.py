"""Pages of S3's listings as objects, parts, segments and tokens."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, NoReturn
from urllib.parse import unquote_plus

from storewright.core.errors import PairValueInvalid
from storewright.core.iterators import Page
from storewright.core.modes import OBJECT_MODES
from storewright.core.parts import Part, Segment
from storewright.core.paths import WorkDir
from storewright.generated.objects import Object
from storewright.generated.s3.bindings import object_from_list_objects_v2
from storewright.services.s3.uploads import part_of

__all__ = ["ObjectPages", "PartPages", "UploadPages", "page_size"]

_DIR: Final = OBJECT_MODES["dir"]
_READ: Final = OBJECT_MODES["read"]
_PART: Final = OBJECT_MODES["part"]
_PAGE: Final = 1000

Ask = Callable[..., Mapping[str, Any]]
"""A vendor call."""


def page_size(limit: int | None, token: str | None) -> int:
    """How many items to ask for at once: not more than wanted.

    A resumed listing looks for the place in its page where the earlier one stopped, so its pages
    must be as long as they were.
    """
    return _PAGE if limit is None or token is not None else max(1, min(limit, _PAGE))


class ObjectPages:
    """Fetches pages of objects below ``prefix``; with ``delimiter``, of one level.

    ``marked`` says that keys ending in a slash are directories, which the user enabled.
    """

    def __init__(
        self, ask: Ask, args: dict[str, Any], work_dir: WorkDir, *, flat: bool, marked: bool
    ) -> None:
        self._ask, self._args, self._work_dir = ask, args, work_dir
        self._marked = marked
        if not flat:
            args["Delimiter"] = "/"

    def __call__(self, token: str | None) -> Page[Object]:
        """One page, from the service's token on."""
        more = {} if token is None else {"ContinuationToken": token}
        answer = self._ask(**self._args, **more)
        items = sorted((*self._dirs(answer), *self._files(answer)), key=_id)
        return Page(items, answer.get("NextContinuationToken") if answer["IsTruncated"] else None)

    def _dirs(self, answer: Mapping[str, Any]) -> Iterator[Object]:
        for entry in answer.get("CommonPrefixes", ()):
            yield self._dir(entry["Prefix"])

    def _dir(self, key: str) -> Object:
        return Object(self._work_dir.path(key).removesuffix("/"), key, _DIR)

    def _files(self, answer: Mapping[str, Any]) -> Iterator[Object]:
        for entry in answer.get("Contents", ()):
            key = entry["Key"]
            if key == self._work_dir.key_prefix:
                continue  # the mark of work_dir: no path leads to it
            if not (self._marked and key.endswith("/")):
                yield object_from_list_objects_v2(self._work_dir.path(key), key, _READ, entry)
            elif key != self._args["Prefix"]:  # a directory does not list itself
                yield self._dir(key)


def _id(item: Object) -> str:
    return item.id


class Upload(NamedTuple):
    """An upload in progress."""

    key: str
    id: str
    begun: datetime | None

    def object(self, work_dir: WorkDir) -> Object:
        """It as an object in part mode; for an upload, the last change was its beginning."""
        path = work_dir.path(self.key)
        return Object(path, self.key, _PART, multipart_id=self.id, last_modified=self.begun)


class UploadPages:
    """Fetches pages of uploads in progress below ``args["Prefix"]``."""

    def __init__(self, ask: Ask, args: dict[str, Any]) -> None:
        self._ask, self._args = ask, args

    def __call__(self, token: str | None) -> tuple[list[Upload], str | None]:
        """The uploads of one page, and the token of the next."""
        answer = self._ask(**self._args, EncodingType="url", **_markers(token))
        decode = _decoder(answer)
        items = [
            Upload(decode(entry["Key"]), entry["UploadId"], entry.get("Initiated"))
            for entry in answer.get("Uploads", ())
        ]
        if not answer["IsTruncated"]:
            return items, None
        key = decode(answer.get("NextKeyMarker", ""))  # some stores go by the id alone
        return items, _write_token(key, answer.get("NextUploadIdMarker", ""))

    def objects(self, work_dir: WorkDir) -> Callable[[str | None], Page[Object]]:
        """A fetcher of objects in part mode."""

        def fetch(token: str | None) -> Page[Object]:
            items, following = self(token)
            return Page([upload.object(work_dir) for upload in items], following)

        return fetch

    def segments(self, work_dir: WorkDir) -> Callable[[str | None], Page[Segment]]:
        """A fetcher of segment uploads."""

        def fetch(token: str | None) -> Page[Segment]:
            items, following = self(token)
            return Page([Segment(work_dir.path(u.key), u.id) for u in items], following)

        return fetch


def _decoder(answer: Mapping[str, Any]) -> Callable[[str], str]:
    """How keys are read: a service may ignore that they were wanted in URL form."""
    return unquote_plus if answer.get("EncodingType") == "url" else str


def _markers(token: str | None) -> dict[str, str]:
    if token is None:
        return {}
    names = ("KeyMarker", "UploadIdMarker")
    given = zip(names, _read_token(token, 2), strict=True)
    return {name: marker for name, marker in given if marker}


class PartPages:
    """Fetches pages of the parts of one upload."""

    def __init__(self, ask: Ask, args: dict[str, Any]) -> None:
        self._ask, self._args = ask, args

    def __call__(self, token: str | None) -> Page[Part]:
        """One page, from the service's token on."""
        more = {} if token is None else {"PartNumberMarker": _number(token)}
        answer = self._ask(**self._args, **more)
        items = [part_of(entry) for entry in answer.get("Parts", ())]
        return Page(items, str(answer["NextPartNumberMarker"]) if answer["IsTruncated"] else None)


def _number(token: str) -> int:
    if not token.isdecimal():
        _refuse_token()
    return int(token)


def _write_token(*texts: str) -> str:
    """Several markers as one token, without ambiguity."""
    return json.dumps(texts, separators=(",", ":"))


def _read_token(token: str, count: int) -> Sequence[str]:
    """The ``count`` markers in a token; raises PairValueInvalid for one that is not ours."""
    try:
        texts = [*map(_text, json.loads(token))]
    except (TypeError, ValueError):
        _refuse_token()
    if len(texts) != count:
        _refuse_token()
    return texts


def _text(item: object) -> str:
    if not isinstance(item, str):
        raise TypeError
    return item


def _refuse_token() -> NoReturn:
    message = "pair 'continuation_token': this listing gave no such token"
    raise PairValueInvalid(message, pair="continuation_token")
