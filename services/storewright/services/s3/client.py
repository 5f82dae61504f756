"""The boto3 client of a store: how it is configured, and one for each process that uses it."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import boto3
import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.loaders import create_loader

from storewright.core.log import warn
from storewright.services.s3 import calls, economy, logs, roles

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

    from storewright.core.credential import Credential
    from storewright.generated.s3.options import NewServiceOptions, NewStorageOptions

    NewOptions = NewServiceOptions | NewStorageOptions

__all__ = ["DEFAULT_POOL_SIZE", "Clients"]

DEFAULT_POOL_SIZE: Final = 32
"""Connections kept for reuse: enough for a writer of many parts beside other threads."""
_DEFAULT_RETRIES: Final = 4
_CUSTOM_REGION: Final = "us-east-1"
"""What compatible stores expect in signatures when nobody names a region."""
_PROTOCOLS: Final = ("hmac", "sts", "env", "profile", "file", "anonymous")


class Clients:
    """Makes the boto3 client when it is first wanted, and a new one in a forked child.

    boto3 clients may be used by many threads, but a child must not use its parent's connections.
    Raises CredentialInvalid for a credential whose protocol S3 does not know.
    """

    def __init__(self, options: NewOptions) -> None:
        if options.credential is not None:
            options.credential.require(*_PROTOCOLS, service="s3")
        self._options = options
        self._lock = threading.Lock()
        self._client: S3Client | None = None
        self._pid = 0
        self._told = options.pool_size or DEFAULT_POOL_SIZE

    def expect(self, concurrency: int | None) -> None:
        """Warn if so many requests at once need more connections than are kept.

        boto3 makes the others anew for each request, which over TLS costs more than most requests.
        """
        if concurrency is not None and concurrency > self._told:
            message = "s3: %d parts at once need as many connections: open the store with pool_size"
            warn(message, concurrency)
            self._told = concurrency

    def get(self) -> S3Client:
        """This process's client."""
        client = self._client
        if client is not None and self._pid == os.getpid():
            return client
        return self._make()

    def _make(self) -> S3Client:
        if self._pid != os.getpid():  # the lock may have been held when the process forked
            self._lock, self._client, self._pid = threading.Lock(), None, os.getpid()
        with self._lock:
            if self._client is None:
                self._client = _connected(self._options)
            return self._client

    def close(self) -> None:
        """Give back the connections; the next use makes new ones."""
        client, self._client = self._client, None
        if client is not None and self._pid == os.getpid():
            client.close()


def _connected(options: NewOptions) -> S3Client:
    logs.redact()
    session = _session(options.credential)
    if options.role_arn is not None:
        roles.take_on(session, options.role_arn, options, Config(**_connecting(options)))
    client: S3Client = session.client(
        "s3",
        region_name=_region(options, session),
        endpoint_url=None if options.endpoint is None else options.endpoint.url,
        verify=options.ca_bundle,
        config=_config(options),
    )
    calls.install(client)
    economy.install(client, expect=not options.disable_100_continue)
    return client


def _session(credential: Credential | None) -> boto3.session.Session:
    """A session of our own: the default one is shared, and not safe to build clients from."""
    inner = botocore.session.Session()
    inner.register_component("data_loader", _models(inner.get_config_variable("data_path")))
    given: dict[str, Any] = {}
    if credential is None or credential.protocol in ("env", "anonymous"):
        pass  # what botocore finds by itself
    elif credential.protocol == "profile":
        given["profile_name"] = credential.profile
    elif credential.protocol == "file":
        inner.set_config_variable("credentials_file", credential.path)
    else:
        given["aws_access_key_id"] = credential.access_key
        given["aws_secret_access_key"] = credential.secret_key
        given["aws_session_token"] = credential.token
    session = boto3.session.Session(botocore_session=inner, **given)
    economy.prepare(inner)
    return session


@cache
def _models(folder: str | None) -> Any:
    """What botocore reads of S3's model, once: it takes ten times as long as all the rest."""
    return create_loader(folder)


def _region(options: NewOptions, session: boto3.session.Session) -> str | None:
    if options.location is not None or options.endpoint is None:
        return options.location
    return session.region_name or _CUSTOM_REGION


def _config(options: NewOptions) -> Config:
    given: dict[str, Any] = {
        "use_dualstack_endpoint": options.use_dualstack,
        "use_fips_endpoint": options.use_fips,
        "request_checksum_calculation": _checksum_mode(options),
        "response_checksum_validation": _checksum_mode(options),
    }
    return Config(
        max_pool_connections=options.pool_size or DEFAULT_POOL_SIZE,
        signature_version=_signature(options.credential),
        s3=_s3_config(options),
        **_connecting(options),
        **{name: value for name, value in given.items() if value is not None},
    )


def _connecting(options: NewOptions) -> dict[str, Any]:
    """How to connect, and how often to try."""
    retries = _DEFAULT_RETRIES if options.max_retries is None else options.max_retries
    given: dict[str, Any] = {
        "connect_timeout": options.connect_timeout,
        "read_timeout": options.read_timeout,
        "proxies": _proxies(options.proxy),
        "retries": {"mode": "standard", "total_max_attempts": retries + 1},
    }
    return {name: value for name, value in given.items() if value is not None}


def _proxies(proxy: str | None) -> Mapping[str, str] | None:
    return None if proxy is None else {"http": proxy, "https": proxy}


def _signature(credential: Credential | None) -> Any:
    """Version 4, also of signed URLs, for which boto3 would take an older one."""
    anonymous = credential is not None and credential.protocol == "anonymous"
    return UNSIGNED if anonymous else "s3v4"


def _checksum_mode(options: NewOptions) -> str | None:
    """Checksums only where a call demands them, unless the service is Amazon's own.

    Many compatible stores refuse what boto3 sends by default: the checksum in a trailer.
    """
    if options.checksum_mode is None and options.endpoint is not None:
        return "when_required"
    return options.checksum_mode


def _s3_config(options: NewOptions) -> Any:
    given: dict[str, Any] = {
        "addressing_style": options.addressing_style or "auto",
        "payload_signing_enabled": _payload_signing(options),
        "use_accelerate_endpoint": options.use_accelerate,
        "use_arn_region": options.use_arn_region,
    }
    return {name: value for name, value in given.items() if value is not None}


def _payload_signing(options: NewOptions) -> bool | None:
    """Not over TLS, which protects what is sent; None leaves the choice to boto3."""
    over_tls = options.endpoint is not None and options.endpoint.secure
    return False if options.payload_signing is None and over_tls else options.payload_signing
