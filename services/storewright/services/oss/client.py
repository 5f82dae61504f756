"""From options to oss2's objects; one set for each process."""

from __future__ import annotations

import os
import threading
import urllib.request
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from storewright.core.errors import CredentialInvalid, PairRequired
from storewright.services.oss import sdk
from storewright.services.oss.calls import Session

if TYPE_CHECKING:
    from storewright.core.credential import Credential
    from storewright.generated.oss.options import NewServiceOptions, NewStorageOptions

    NewOptions = NewServiceOptions | NewStorageOptions

__all__ = ["DEFAULT_POOL_SIZE", "Clients"]

DEFAULT_POOL_SIZE: Final = 32
"""Connections kept for reuse: enough for a writer of many parts beside other threads."""
_DEFAULT_RETRIES: Final = 4
_CONNECT_TIMEOUT: Final = 10.0
_READ_TIMEOUT: Final = 60.0
_PROTOCOLS: Final = ("hmac", "sts", "env", "anonymous")
_KEY, _SECRET, _TOKEN = "OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN"
_ENDPOINT: Final = "https://oss-{}.aliyuncs.com"


class Clients:
    """Makes oss2's objects when they are first wanted, and new ones in a forked child.

    They may be used by many threads, but a child must not use its parent's connections.
    Raises CredentialInvalid for a credential whose protocol OSS does not know, and PairRequired
    where neither endpoint nor location says which servers are meant, or location is missing for
    signatures of version 4.
    """

    def __init__(self, options: NewOptions) -> None:
        if options.credential is not None:
            options.credential.require(*_PROTOCOLS, service="oss")
        if options.endpoint is None and options.location is None:
            message = "oss needs location (cn-hangzhou, for example) or endpoint"
            raise PairRequired(message, pair="location")
        if options.auth_version == "v4" and options.location is None:
            raise PairRequired("auth_version v4 needs location", pair="location")
        self._options = options
        self._lock = threading.Lock()
        self._made: _Made | None = None
        self._pid = 0

    def bucket(self, name: str) -> sdk.Bucket:
        """This process's object for a bucket."""
        made = self._get()
        found = made.buckets.get(name)
        if found is None:
            found = made.buckets[name] = made.bucket(name)
        return found

    def service(self) -> sdk.Service:
        """This process's object for the account."""
        return self._get().service

    def _get(self) -> _Made:
        made = self._made
        if made is not None and self._pid == os.getpid():
            return made
        if self._pid != os.getpid():  # the lock may have been held when the process forked
            self._lock, self._made, self._pid = threading.Lock(), None, os.getpid()
        with self._lock:
            if self._made is None:
                self._made = _Made(self._options)
            return self._made

    def close(self) -> None:
        """Give back the connections; the next use makes new ones."""
        made, self._made = self._made, None
        if made is not None and self._pid == os.getpid():
            made.session.close()


class _Made:
    """What one process uses."""

    def __init__(self, options: NewOptions) -> None:
        self._options = options
        self._auth = _auth(options.credential, _version(options))
        self._endpoint = _endpoint(options)
        self.session = _session(options, self._endpoint)
        self.buckets: dict[str, sdk.Bucket] = {}
        self.service = sdk.new_service(self._auth, self._endpoint, **self._common())

    def bucket(self, name: str) -> sdk.Bucket:
        cname = bool(self._options.is_cname)
        return sdk.new_bucket(self._auth, self._endpoint, name, is_cname=cname, **self._common())

    def _common(self) -> dict[str, Any]:
        return {
            "session": self.session,
            "region": self._options.location,
            "is_path_style": bool(self._options.path_style),
        }


def _version(options: NewOptions) -> str:
    return options.auth_version or ("v1" if options.location is None else "v4")


def _endpoint(options: NewOptions) -> str:
    if options.endpoint is not None:
        return options.endpoint.url
    return _ENDPOINT.format(options.location)


def _auth(credential: Credential | None, version: str) -> Any:
    """What signs; None for nobody."""
    if credential is None or credential.protocol == "env":
        return sdk.new_auth(*_of_environment(), version)
    if credential.protocol == "anonymous":
        return None
    token = credential.token if credential.protocol == "sts" else None
    return sdk.new_auth(credential.access_key, credential.secret_key, token, version)


def _of_environment() -> tuple[str, str, str | None]:
    key, secret = os.environ.get(_KEY), os.environ.get(_SECRET)
    if not key or not secret:
        message = f"no credential: neither is one given, nor are {_KEY} and {_SECRET} set"
        raise CredentialInvalid(message, hint="anonymous is a credential, too")
    return key, secret, os.environ.get(_TOKEN) or None


def _session(options: NewOptions, endpoint: str) -> Session:
    retries = _DEFAULT_RETRIES if options.max_retries is None else options.max_retries
    connect, read = options.connect_timeout, options.read_timeout
    return Session(
        options.pool_size or DEFAULT_POOL_SIZE,
        retries,
        (connect or _CONNECT_TIMEOUT, read or _READ_TIMEOUT),
        _proxies(options.proxy, endpoint),
        options.ca_bundle or os.environ.get("REQUESTS_CA_BUNDLE") or None,
    )


def _proxies(proxy: str | None, endpoint: str) -> Mapping[str, str]:
    """The proxies that the user named, or those of the environment, as requests finds them."""
    if proxy is not None:
        return {"http": proxy, "https": proxy}
    host = endpoint.partition("://")[2]
    return {} if urllib.request.proxy_bypass(host) else urllib.request.getproxies()
