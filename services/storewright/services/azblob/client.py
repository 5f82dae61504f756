"""The SDK's clients of a store: how they are configured, and one of each for each process."""

from __future__ import annotations

import os
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, final

from azure.storage.blob import BlobClient, BlobServiceClient, ContainerClient, ExponentialRetry
from requests.utils import get_environ_proxies

from storewright.services.azblob.access import Access, access_of
from storewright.services.azblob.calls import ANY_BLOB, Transport

if TYPE_CHECKING:
    from storewright.generated.azblob.options import NewServiceOptions, NewStorageOptions

    NewOptions = NewServiceOptions | NewStorageOptions

__all__ = ["DEFAULT_POOL_SIZE", "Clients", "Connected"]

DEFAULT_POOL_SIZE: Final = 32
"""Connections kept for reuse: enough for a writer of many blocks beside other threads."""
_DEFAULT_RETRIES: Final = 4
_MIB: Final = 1024 * 1024
_ONE_PUT: Final = 5000 * _MIB
"""The SDK shall send whatever we hand it in one request: we cut large objects ourselves."""
_ONE_GET: Final = 1 << 48
"""It shall ask for whatever we want with one request: more than any object has."""
_DELEGATION: Final = timedelta(days=7)
_CONNECT_TIMEOUT: Final = 20
_READ_TIMEOUT: Final = 60


@final
class Connected:
    """The clients of one process. All share one pool of connections."""

    def __init__(self, access: Access, options: NewOptions) -> None:
        self.access = access
        pool = options.pool_size or DEFAULT_POOL_SIZE
        proxies = _proxies(options, access.url)
        self._transport = Transport(pool, proxies, **_connection(options))
        self._settings = _settings(options)
        self._lock = threading.Lock()
        self._delegation: tuple[datetime, Any] | None = None

    def service(self) -> BlobServiceClient:
        """A client of the account."""
        return BlobServiceClient(self.access.url, **self._common())

    def container(self, name: str) -> ContainerClient:
        """A client of a container."""
        return ContainerClient(self.access.url, name, **self._common())

    def any_blob(self, container: str) -> BlobClient:
        """A client of all blobs in a container: every call must say which one it means."""
        return BlobClient(self.access.url, container, ANY_BLOB, **self._common())

    def delegation_key(self, start: datetime, end: datetime) -> Any:
        """A key that holds until ``end``, with which to sign in the name of who asks."""
        with self._lock:
            if self._delegation is None or self._delegation[0] < end:
                until = min(start + _DELEGATION, max(end, start + timedelta(hours=1)))
                key = self.service().get_user_delegation_key(start, until)
                self._delegation = (until, key)
            return self._delegation[1]

    def _common(self) -> dict[str, Any]:
        common = {"credential": self.access.credential, "transport": self._transport}
        return {**common, **self._settings}

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than the call of this thread may take."""
        self._transport.sleep(seconds)

    def close(self) -> None:
        """Give back the connections."""
        self._transport.close()


class Clients:
    """Makes the clients when they are first wanted, and new ones in a forked child.

    They may be used by many threads, but a child must not use its parent's connections. Raises
    CredentialInvalid for a credential whose protocol Azure does not know, and PairRequired where
    neither an endpoint nor an account is named.
    """

    def __init__(self, options: NewOptions) -> None:
        self._options = options
        self._access = access_of(options)
        self._lock = threading.Lock()
        self._connected: Connected | None = None
        self._pid = 0

    @property
    def secure(self) -> bool:
        """Whether TLS is spoken."""
        return self._access.url.startswith("https:")

    def get(self) -> Connected:
        """This process's clients."""
        connected = self._connected
        if connected is not None and self._pid == os.getpid():
            return connected
        return self._make()

    def _make(self) -> Connected:
        if self._pid != os.getpid():  # the lock may have been held when the process forked
            self._lock, self._connected, self._pid = threading.Lock(), None, os.getpid()
        with self._lock:
            if self._connected is None:
                self._connected = Connected(self._access, self._options)
            return self._connected

    def close(self) -> None:
        """Give back the connections; the next use makes new ones."""
        connected, self._connected = self._connected, None
        if connected is not None and self._pid == os.getpid():
            connected.close()


def _proxies(options: NewOptions, url: str) -> dict[str, str]:
    if options.proxy is None:
        return get_environ_proxies(url)
    return {"http": options.proxy, "https": options.proxy}


def _connection(options: NewOptions) -> dict[str, Any]:
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    return {
        "connection_timeout": options.connect_timeout or _CONNECT_TIMEOUT,
        "read_timeout": options.read_timeout or _READ_TIMEOUT,
        "connection_verify": options.ca_bundle or bundle or True,
        "connection_data_block_size": _MIB,
    }


def _settings(options: NewOptions) -> dict[str, Any]:
    retries = _DEFAULT_RETRIES if options.max_retries is None else options.max_retries
    return {
        # Two seconds, then four, then eight, each one more or less.
        "retry_policy": ExponentialRetry(
            initial_backoff=0, increment_base=2, retry_total=retries, random_jitter_range=1
        ),
        "max_single_put_size": _ONE_PUT,
        "max_single_get_size": _ONE_GET,
    }
