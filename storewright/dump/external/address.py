"""Destinations in the words of dumpling and BR: their URLs and their options, as ours.

``s3://bucket/prefix?endpoint=http://host:9000&force-path-style=true`` and its like are understood
here only; ``storage.open()`` has one grammar of its own. An option of ours may stand in such a URL,
too, so that SSE-C and the like can be had where dumpling has no word for them.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from storewright.dump.errors import OptionInvalid

__all__ = ["BACKEND_OPTIONS", "connection_string"]

_LOCAL: Final = frozenset({"", "local", "file"})
_NOWHERE: Final = "noop"
_SCHEMES: Final = {
    "s3": "s3",
    "gcs": "gcs",
    "gs": "gcs",
    "azblob": "azblob",
    "azure": "azblob",
}
_PATH_STYLE_NOT: Final = frozenset({"alibaba", "netease", "aws"})
"""Providers that want the bucket in the name of the host."""

_S3: Final = {
    "endpoint": "endpoint",
    "region": "location",
    "storage-class": "default_storage_class",
    "sse": "default_server_side_encryption",
    "sse-kms-key-id": "default_server_side_encryption_aws_kms_key_id",
    "acl": "default_acl",
    "role-arn": "role_arn",
    "external-id": "role_external_id",
    "use-accelerate-endpoint": "use_accelerate",
}
_GCS: Final = {
    "endpoint": "endpoint",
    "storage-class": "default_storage_class",
    "predefined-acl": "default_predefined_acl",
}
_AZBLOB: Final = {
    "endpoint": "endpoint",
    "access-tier": "default_access_tier",
    "encryption-scope": "default_encryption_scope",
}
_PLAIN: Final[dict[str, dict[str, str]]] = {"s3": _S3, "gcs": _GCS, "azblob": _AZBLOB}

_SPECIAL: Final[dict[str, tuple[str, ...]]] = {
    "s3": (
        "access-key",
        "secret-access-key",
        "session-token",
        "force-path-style",
        "provider",
    ),
    "gcs": ("credentials-file",),
    "azblob": ("account-name", "account-key", "sas-token"),
}

BACKEND_OPTIONS: Final[dict[str, tuple[str, ...]]] = {
    service: (*_PLAIN[service], *_SPECIAL[service]) for service in _PLAIN
}
"""The options of dumpling for each service, without the ``--s3.`` before them."""


def connection_string(url: str, options: Mapping[str, Mapping[str, str]] | None = None) -> str:
    """The connection string of a destination that is named as for dumpling or BR.

    ``url`` is a path, or a URL with ``s3``, ``gcs`` or ``gs``, ``azblob`` or ``azure``, ``local``
    or ``file``; any other scheme is a service of ours, whose connection string is returned as it
    is. ``options`` are those of the command line, by service; the URL's come before them.
    Underscores count as dashes. Raises OptionInvalid; no message has the value of an option.
    """
    scheme, found, _ = url.partition("://")
    if not found or scheme in _LOCAL:
        return _local(url)
    if scheme == _NOWHERE:
        raise OptionInvalid("noop:// keeps nothing: what is written there is no dump")
    service = _SCHEMES.get(scheme)
    if service is None:
        return url
    parts = _split(url)
    if "@" in parts.netloc:
        raise OptionInvalid(f"who asks is told by options, not before the @ of a URL of {service}")
    # A plus sign is itself here: secret keys contain it, and nobody writes spaces into options.
    query = parse_qsl(parts.query.replace("+", "%2B"), keep_blank_values=True)
    known, own = _divided(service, query)
    given = {**dict((options or {}).get(service, {})), **known}
    translated = _TRANSLATIONS[service](given)
    pairs = {**translated, **own}
    text = "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs.items() if value)
    return f"{service}://{parts.netloc}{parts.path}{'?' if text else ''}{text}"


def _split(url: str) -> SplitResult:
    """The parts of a URL; a ``#`` begins none, for secrets and folders may contain one."""
    try:
        return urlsplit(url, allow_fragments=False)
    except ValueError:
        raise OptionInvalid("the destination is no URL: check its brackets and slashes") from None


def _local(url: str) -> str:
    path, query = url, ""
    if "://" in url:
        parts = _split(url)
        if parts.netloc not in ("", "localhost"):
            raise OptionInvalid(
                f"{parts.scheme}://{parts.netloc} names a host: write {parts.scheme}:///folder, or"
                " the path alone"
            )
        path, query = unquote(parts.path), parts.query
    if not path:
        raise OptionInvalid("the destination is empty: name a folder or a URL")
    try:
        place = quote(str(Path(path).absolute()))
    except UnicodeEncodeError:
        raise OptionInvalid(f"the name of the folder {path!r} is not UTF-8") from None
    return f"fs://{place}{'?' if query else ''}{query}"


def _divided(
    service: str, query: Iterable[tuple[str, str]]
) -> tuple[dict[str, str], dict[str, str]]:
    """Options in dumpling's words, and those in ours."""
    known: dict[str, str] = {}
    own: dict[str, str] = {}
    for name, value in query:
        theirs = name.replace("_", "-")
        options, key = (known, theirs) if theirs in BACKEND_OPTIONS[service] else (own, name)
        if key in options:
            raise OptionInvalid(f"the destination has the option {key} twice: leave one out")
        options[key] = value
    return known, own


def _plain(service: str, given: Mapping[str, str]) -> dict[str, str]:
    return {ours: given[name] for name, ours in _PLAIN[service].items() if given.get(name)}


def _s3(given: Mapping[str, str]) -> dict[str, str]:
    options = _plain("s3", given)
    key, secret = given.get("access-key", ""), given.get("secret-access-key", "")
    if bool(key) != bool(secret):
        raise OptionInvalid("access-key and secret-access-key go together")
    if key:
        token = given.get("session-token", "")
        fields = [quote(field, safe="") for field in (key, secret, token) if field]
        options["credential"] = ":".join(["sts" if token else "hmac", *fields])
    style = _addressing(given, has_endpoint="endpoint" in options)
    return {**options, **({"addressing_style": style} if style else {})}


def _addressing(given: Mapping[str, str], *, has_endpoint: bool) -> str:
    """BR's rule: at an endpoint of one's own, the bucket stands in the path, with exceptions."""
    said = given.get("force-path-style", "")
    if said:
        return "path" if _is_true("force-path-style", said) else "virtual"
    if given.get("provider", "").lower() in _PATH_STYLE_NOT:
        return "virtual"
    return "path" if has_endpoint else ""


def _gcs(given: Mapping[str, str]) -> dict[str, str]:
    options = _plain("gcs", given)
    file = given.get("credentials-file")
    return {**options, **({"credential": f"file:{quote(file, safe='/')}"} if file else {})}


def _azblob(given: Mapping[str, str]) -> dict[str, str]:
    options = _plain("azblob", given)
    name, key, token = (
        given.get(option, "") for option in ("account-name", "account-key", "sas-token")
    )
    if key and not name:
        raise OptionInvalid("account-key needs account-name")
    if key and token:
        raise OptionInvalid("account-key and sas-token both say who asks: write one of them")
    if key:
        options["credential"] = f"hmac:{quote(name, safe='')}:{quote(key, safe='')}"
    elif token:
        options["credential"] = f"apikey:{quote(token, safe='')}"
    if name and not key:
        options["account_name"] = name
    return options


def _is_true(name: str, text: str) -> bool:
    if text.lower() not in ("true", "false", "1", "0"):
        raise OptionInvalid(f"{name} must be true or false")
    return text.lower() in ("true", "1")


_TRANSLATIONS: Final[dict[str, Callable[[Mapping[str, str]], dict[str, str]]]] = {
    "s3": _s3,
    "gcs": _gcs,
    "azblob": _azblob,
}
