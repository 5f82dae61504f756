"""The SDK's client of a store: how it is configured, and one for each process that uses it."""

from __future__ import annotations

import ipaddress
import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import qcloud_cos
import requests
from requests.adapters import HTTPAdapter
from typing_extensions import override

from storewright.core.errors import CredentialInvalid, PairRequired, PairValueInvalid
from storewright.services.cos import calls

if TYPE_CHECKING:
    from storewright.core.endpoint import Endpoint
    from storewright.generated.cos.options import NewServiceOptions, NewStorageOptions

    NewOptions = NewServiceOptions | NewStorageOptions

__all__ = ["DEFAULT_POOL_SIZE", "Clients"]

DEFAULT_POOL_SIZE: Final = 32
"""Connections kept for reuse: enough for a writer of many parts beside other threads."""
_DEFAULT_RETRIES: Final = 3
_ACCELERATE: Final = "cos.accelerate.myqcloud.com"
_PROTOCOLS: Final = ("hmac", "sts", "env", "anonymous")
_VARIABLES: Final = (
    ("TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY", "TENCENTCLOUD_TOKEN"),
    ("COS_SECRET_ID", "COS_SECRET_KEY", "COS_SESSION_TOKEN"),
)
"""Where keys are looked for: the SDK itself looks nowhere."""

_CA_BUNDLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")

_sdk: Any = qcloud_cos


class Clients:
    """Makes the SDK's client when it is first wanted, and a new one in a forked child.

    The client may be used by many threads, but a child must not use its parent's connections.
    Raises CredentialInvalid for a credential whose protocol COS does not know, PairRequired if
    nothing says where the buckets are, and PairValueInvalid for an endpoint that COS cannot have.
    """

    def __init__(self, options: NewOptions) -> None:
        if options.credential is not None:
            options.credential.require(*_PROTOCOLS, service="cos")
        self._options = options
        self._endpoint = _endpoint(options)
        self._lock = threading.Lock()
        self._client: Any = None
        self._session: requests.Session | None = None
        self._pid = 0

    def get(self) -> Any:
        """This process's CosS3Client."""
        client = self._client
        if client is not None and self._pid == os.getpid():
            return client
        return self._make()

    @property
    def source(self) -> dict[str, str]:
        """What says in a copy where the source is, beside bucket and key."""
        options = self._options
        if options.endpoint is None and options.location is not None:
            return {"Region": options.location}
        return {"Endpoint": self._endpoint or ""}

    @property
    def checks(self) -> bool:
        """Whether content is sent with its MD5."""
        return self._options.checksum_mode != "when_required"

    def _make(self) -> Any:
        if self._pid != os.getpid():  # the lock may have been held when the process forked
            self._lock, self._client, self._pid = threading.Lock(), None, os.getpid()
        with self._lock:
            if self._client is None:
                self._session = _session(self._options)
                self._client = _connected(self._options, self._endpoint, self._session)
            return self._client

    def close(self) -> None:
        """Give back the connections; the next use makes new ones."""
        session, self._client, self._session = self._session, None, None
        if session is not None and self._pid == os.getpid():
            session.close()


def _endpoint(options: NewOptions) -> str | None:
    """The host that bucket names are put before; None for that of the location."""
    if options.endpoint is not None:
        return _checked(options.endpoint)
    if options.use_accelerate:
        return _ACCELERATE
    if options.location is None:
        raise PairRequired("location (the bucket's region) or endpoint is needed", pair="location")
    return None


def _checked(endpoint: Endpoint) -> str:
    problem = None
    if endpoint.path:
        problem = "it must not have a path"
    elif _is_address(endpoint.host):
        problem = "it must be a name, not an address: COS puts the bucket's name before it"
    if problem is not None:
        raise PairValueInvalid(f"pair 'endpoint': {problem}", pair="endpoint")
    return endpoint.authority


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class _Session(requests.Session):
    """Prepares requests without merging in what is never there, which takes requests long."""

    @override
    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """The request with the session's headers, but no cookies: COS has none."""
        request.headers = {**self.headers, **request.headers}
        return request.prepare()


def _session(options: NewOptions) -> requests.Session:
    """A session of our own: the SDK's is shared by all of its clients, proxies and all."""
    session = _Session()
    session.trust_env = False  # it would be asked again for each request, which takes long
    session.verify = options.ca_bundle or next(filter(None, map(os.environ.get, _CA_BUNDLES)), True)
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=options.pool_size or DEFAULT_POOL_SIZE))
    return session


def _connected(options: NewOptions, endpoint: str | None, session: requests.Session) -> Any:
    config = _sdk.CosConfig(
        Region=options.location,
        Endpoint=endpoint,
        Scheme="https" if options.endpoint is None else options.endpoint.scheme,
        ServiceDomain=endpoint if options.endpoint is not None else None,
        Domain=getattr(options, "custom_domain", None),
        Proxies=_proxies(options.proxy),
        VerifySSL=options.ca_bundle,
        **_keys(options),
    )
    retries = _DEFAULT_RETRIES if options.max_retries is None else options.max_retries
    client = _sdk.CosS3Client(config, retry=retries, session=session)
    calls.install(client, session, options.connect_timeout, options.read_timeout)
    return client


def _proxies(proxy: str | None) -> Mapping[str, str] | None:
    return None if proxy is None else {"http": proxy, "https": proxy}


def _keys(options: NewOptions) -> dict[str, Any]:
    credential = options.credential
    if credential is None or credential.protocol == "env":
        return _found()
    if credential.protocol == "anonymous":
        return {"Anonymous": True}
    return {
        "SecretId": credential.access_key,
        "SecretKey": credential.secret_key,
        "Token": credential.token,
    }


def _found() -> dict[str, Any]:
    """The keys in the environment."""
    for who, key, token in _VARIABLES:
        if os.environ.get(who) and os.environ.get(key):
            found = {"SecretId": os.environ[who], "SecretKey": os.environ[key]}
            return found | {"Token": os.environ.get(token)}
    names = " nor ".join(f"{who} and {key}" for who, key, _ in _VARIABLES)
    hint = "give a credential: hmac:SecretId:SecretKey"
    raise CredentialInvalid(f"the environment has neither {names}", hint=hint)
