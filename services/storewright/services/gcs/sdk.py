"""The vendor's SDK as it is used here, with types: most of it has none of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, cast

import google.auth
import google_crc32c
from google.api_core import exceptions
from google.auth import credentials as auth_credentials
from google.auth.transport import requests as auth_requests
from google.cloud import storage
from google.cloud.storage import exceptions as storage_exceptions
from google.cloud.storage import retry as storage_retry
from google.oauth2 import credentials as user_credentials
from google.oauth2 import service_account
from google.resumable_media import common as older

__all__ = [
    "DEFAULT_RETRY",
    "MEDIA_ERRORS",
    "SCOPES",
    "AnonymousCredentials",
    "AuthRequest",
    "AuthorizedSession",
    "Client",
    "Retry",
    "default_credentials",
    "extend_crc32c",
    "is_generation_specified",
    "raised_by_status",
    "service_account_credentials",
    "user_credentials_of",
]


class Retry(Protocol):
    """How the SDK tries again: ``google.api_core.retry.Retry``."""

    def __call__(
        self, func: Callable[[], Any], on_error: Callable[[Exception], object] | None = None
    ) -> Callable[[], Any]:
        """``func`` with its repetitions."""
        ...

    def with_timeout(self, timeout: float | None) -> Retry:
        """The same, for so many seconds."""
        ...


Client: Final[type[Any]] = cast("Any", storage).Client
SCOPES: Final[tuple[str, ...]] = Client.SCOPE
DEFAULT_RETRY: Final[Retry] = cast("Any", storage_retry).DEFAULT_RETRY
is_generation_specified: Final[Callable[[Mapping[str, Any]], bool]] = cast(
    "Any", storage_retry
).is_generation_specified
MEDIA_ERRORS: Final[tuple[type[Exception], ...]] = (
    cast("Any", storage_exceptions).InvalidResponse,
    cast("Any", storage_exceptions).DataCorruption,
    cast("Any", older).InvalidResponse,
    cast("Any", older).DataCorruption,
)
raised_by_status: Final[Callable[..., Exception]] = cast("Any", exceptions).from_http_status
extend_crc32c: Final[Callable[[int, Any], int]] = cast("Any", google_crc32c).extend

AuthorizedSession: Final[Callable[..., Any]] = cast("Any", auth_requests).AuthorizedSession
AuthRequest: Final[Callable[..., Any]] = cast("Any", auth_requests).Request
AnonymousCredentials: Final[Callable[[], Any]] = cast("Any", auth_credentials).AnonymousCredentials
default_credentials: Final[Callable[..., tuple[Any, str | None]]] = cast("Any", google.auth).default
service_account_credentials: Final[Callable[..., Any]] = cast(
    "Any", service_account
).Credentials.from_service_account_info
user_credentials_of: Final[Callable[..., Any]] = cast(
    "Any", user_credentials
).Credentials.from_authorized_user_info
