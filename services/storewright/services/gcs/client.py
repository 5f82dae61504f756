"""The SDK's client of a store: how it is configured, and one for each process that uses it."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies

from storewright.core.errors import CredentialInvalid
from storewright.services.gcs import sdk

if TYPE_CHECKING:
    from storewright.core.credential import Credential
    from storewright.generated.gcs.options import NewServiceOptions, NewStorageOptions

    NewOptions = NewServiceOptions | NewStorageOptions

__all__ = ["DEFAULT_POOL_SIZE", "Clients", "Connection"]

DEFAULT_POOL_SIZE: Final = 32
"""Connections kept for reuse: enough for many threads at once."""
_DEFAULT_TIMEOUT: Final = 60.0
"""Seconds to wait for a connection or an answer, as in the SDK."""
_PROJECT: Final = "GOOGLE_CLOUD_PROJECT"
_EMULATOR: Final = "STORAGE_EMULATOR_HOST"
_PROTOCOLS: Final = ("file", "base64", "env", "anonymous")


class Connection(NamedTuple):
    """What requests of one process are sent with."""

    client: Any
    """The SDK's client."""
    session: Any
    """Its session, which adds the credential: a requests.Session."""
    address: str
    """The service's URL, without a slash at the end."""
    retry: sdk.Retry | None
    """How a failed request is tried again; None if it is not."""
    retries: int | None
    """How often at most; None if only time counts."""
    connect_timeout: float
    read_timeout: float


class Clients:
    """Makes the connection when it is first wanted, and a new one in a forked child.

    Sessions may be used by many threads here, but a child must not use its parent's connections.
    Raises CredentialInvalid for a credential whose protocol is not known here.
    """

    def __init__(self, options: NewOptions) -> None:
        if options.credential is not None:
            options.credential.require(*_PROTOCOLS, service="gcs")
        self._options = options
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._pid = 0

    def get(self) -> Connection:
        """This process's connection."""
        connection = self._connection
        if connection is not None and self._pid == os.getpid():
            return connection
        return self._make()

    def _make(self) -> Connection:
        if self._pid != os.getpid():  # the lock may have been held when the process forked
            self._lock, self._connection, self._pid = threading.Lock(), None, os.getpid()
        with self._lock:
            if self._connection is None:
                self._connection = _connected(self._options)
            return self._connection

    def close(self) -> None:
        """Give back the connections; the next use makes new ones."""
        connection, self._connection = self._connection, None
        if connection is not None and self._pid == os.getpid():
            connection.session.close()


def _connected(options: NewOptions) -> Connection:
    endpoint = _endpoint(options)
    credentials, project = _credentials(options.credential, emulated=_emulated(options))
    session = _session(options, credentials, endpoint)
    client = sdk.Client(
        project=options.project_id or project or os.environ.get(_PROJECT),
        credentials=credentials,
        client_options=None if endpoint is None else {"api_endpoint": endpoint},
        _http=session,
    )
    retry = sdk.DEFAULT_RETRY
    if options.retry_timeout is not None:
        retry = retry.with_timeout(options.retry_timeout)
    return Connection(
        client,
        session,
        str(client.api_endpoint).rstrip("/"),
        None if options.max_retries == 0 or options.retry_timeout == 0 else retry,
        options.max_retries,
        _DEFAULT_TIMEOUT if options.connect_timeout is None else options.connect_timeout,
        _DEFAULT_TIMEOUT if options.read_timeout is None else options.read_timeout,
    )


def _endpoint(options: NewOptions) -> str | None:
    if options.endpoint is not None:
        return options.endpoint.url
    host = os.environ.get(_EMULATOR)
    return host if host is None or "://" in host else f"http://{host}"


def _emulated(options: NewOptions) -> bool:
    """Whether the environment leads to an emulator, which wants no credential."""
    return options.endpoint is None and _EMULATOR in os.environ


def _credentials(credential: Credential | None, *, emulated: bool) -> tuple[Any, str | None]:
    """The SDK's credentials, and the project that they belong to."""
    if credential is not None and credential.protocol in ("file", "base64"):
        return _loaded(_key_file(credential))
    if emulated or (credential is not None and credential.protocol == "anonymous"):
        return sdk.AnonymousCredentials(), None
    return sdk.default_credentials(scopes=sdk.SCOPES)


def _key_file(credential: Credential) -> dict[str, Any]:
    """The content of a key file; raises CredentialInvalid, which shows none of it."""
    try:
        content = (
            credential.data
            if credential.protocol == "base64"
            else Path(credential.path).read_bytes()
        )
        found: Any = json.loads(content)
    except OSError as error:
        message = f"the key file cannot be read: {error.strerror}"
        raise CredentialInvalid(message, service="gcs") from error
    except ValueError:
        found = None
    if not isinstance(found, dict):
        message = f"{credential.protocol}: the content is not a key file in JSON"
        raise CredentialInvalid(message, service="gcs") from None
    return cast("dict[str, Any]", found)


def _loaded(info: dict[str, Any]) -> tuple[Any, str | None]:
    """Credentials of the kinds of key files there are."""
    kind = info.get("type")
    try:
        if kind == "service_account":
            return sdk.service_account_credentials(info, scopes=sdk.SCOPES), info.get("project_id")
        if kind == "authorized_user":
            return sdk.user_credentials_of(info, scopes=sdk.SCOPES), None
    except (ValueError, KeyError, TypeError):  # the SDK's messages may show what is in the file
        message = f"the key file, of type {kind!r}, is damaged"
        raise CredentialInvalid(message, service="gcs") from None
    message = f"the key file is of type {kind!r}, not service_account or authorized_user"
    hint = "name other files in GOOGLE_APPLICATION_CREDENTIALS, and write env"
    raise CredentialInvalid(message, service="gcs", hint=hint)


def _session(options: NewOptions, credentials: Any, endpoint: str | None) -> Any:
    """The SDK's session, and the one that it asks for tokens with, over the same network."""
    tokens = requests.Session()
    session = sdk.AuthorizedSession(credentials, auth_request=sdk.AuthRequest(session=tokens))
    for each in (tokens, session):
        _configure(each, options, endpoint)
    adapter = HTTPAdapter(pool_maxsize=options.pool_size or DEFAULT_POOL_SIZE)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _configure(session: requests.Session, options: NewOptions, endpoint: str | None) -> None:
    """Read the environment once: requests would do so for every request, at a tenth of its time.

    A .netrc is left alone: it would replace the credential.
    """
    session.trust_env = False
    if options.proxy is not None:
        session.proxies = {"http": options.proxy, "https": options.proxy}
    else:
        session.proxies = get_environ_proxies(endpoint or "https://storage.googleapis.com")
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    session.verify = options.ca_bundle or bundle or True
