"""The boto3 client of a store: how it is configured, and one for each process that uses it."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import boto3
import botocore.session
from botocore import UNSIGNED
from botocore.config import Config

from storewright.services.s3 import calls

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
    session = _session(options.credential)
    client: S3Client = session.client(
        "s3",
        region_name=_region(options, session),
        endpoint_url=None if options.endpoint is None else options.endpoint.url,
        verify=options.ca_bundle,
        config=_config(options),
        **_keys(options.credential),
    )
    calls.install(client)
    return client


def _session(credential: Credential | None) -> boto3.session.Session:
    """A session of our own: the default one is shared, and not safe to build clients from."""
    if credential is None:
        return boto3.session.Session()
    if credential.protocol == "profile":
        return boto3.session.Session(profile_name=credential.profile)
    inner = botocore.session.Session()
    if credential.protocol == "file":
        inner.set_config_variable("credentials_file", credential.path)
    return boto3.session.Session(botocore_session=inner)


def _keys(credential: Credential | None) -> dict[str, Any]:
    if credential is None or credential.protocol not in ("hmac", "sts"):
        return {}
    return {
        "aws_access_key_id": credential.access_key,
        "aws_secret_access_key": credential.secret_key,
        "aws_session_token": credential.token,
    }


def _region(options: NewOptions, session: boto3.session.Session) -> str | None:
    if options.location is not None or options.endpoint is None:
        return options.location
    return session.region_name or _CUSTOM_REGION


def _config(options: NewOptions) -> Config:
    retries = _DEFAULT_RETRIES if options.max_retries is None else options.max_retries
    given: dict[str, Any] = {
        "connect_timeout": options.connect_timeout,
        "read_timeout": options.read_timeout,
        "proxies": _proxies(options.proxy),
        **_signing(options.credential),
        **_integrity(options),
    }
    return Config(
        retries={"mode": "standard", "total_max_attempts": retries + 1},
        max_pool_connections=options.pool_size or DEFAULT_POOL_SIZE,
        s3=_s3_config(options),
        **{name: value for name, value in given.items() if value is not None},
    )


def _proxies(proxy: str | None) -> Mapping[str, str] | None:
    return None if proxy is None else {"http": proxy, "https": proxy}


def _signing(credential: Credential | None) -> dict[str, Any]:
    anonymous = credential is not None and credential.protocol == "anonymous"
    return {"signature_version": UNSIGNED} if anonymous else {}


def _integrity(options: NewOptions) -> dict[str, Any]:
    """Checksums only where a call demands them, unless the service is Amazon's own.

    Many compatible stores refuse what boto3 sends by default: the checksum in a trailer.
    """
    if options.endpoint is None:
        return {}
    return {
        "request_checksum_calculation": "when_required",
        "response_checksum_validation": "when_required",
    }


def _s3_config(options: NewOptions) -> Any:
    config: dict[str, Any] = {"addressing_style": options.addressing_style or "auto"}
    if options.endpoint is not None and options.endpoint.secure:
        config["payload_signing_enabled"] = False  # TLS protects it already
    return config
