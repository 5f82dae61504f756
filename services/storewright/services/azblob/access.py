"""Who asks, and where: from a credential, an endpoint and the environment to what the SDK takes.

.. code-block:: text

    hmac:<account>:<key>        a shared key
    apikey:<token>              a shared access signature (SAS)
    file:<path>, base64:<data>  a connection string of Azure's, in a file or inline
    env, or no credential       AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY or
                                AZURE_STORAGE_SAS_TOKEN, else Microsoft Entra ID
    anonymous                   public data
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential

from storewright.core.errors import CredentialInvalid, MissingExtra, PairRequired

if TYPE_CHECKING:
    from storewright.core.credential import Credential
    from storewright.generated.azblob.options import NewServiceOptions, NewStorageOptions

    NewOptions = NewServiceOptions | NewStorageOptions

__all__ = ["Access", "access_of"]

_PROTOCOLS: Final = ("hmac", "apikey", "file", "base64", "env", "anonymous")
_SUFFIX: Final = "core.windows.net"


@dataclass(frozen=True, slots=True)
class Access:
    """The account's URL, and the right to use it."""

    url: str
    account: str = ""
    key: str | None = field(default=None, repr=False)
    """The shared key, which can sign for others."""
    sas: str | None = field(default=None, repr=False)
    """A shared access signature, as the query of a URL."""
    token: Any = field(default=None, repr=False)
    """A TokenCredential of azure-identity."""

    @property
    def credential(self) -> Any:
        """What the SDK's clients take; None for nobody."""
        if self.key is not None:
            return AzureNamedKeyCredential(self.account, self.key)
        return self.token if self.sas is None else AzureSasCredential(self.sas)


def access_of(options: NewOptions) -> Access:
    """Who asks, and where. No request is made.

    Raises CredentialInvalid for a credential that cannot be used, PairRequired where nothing says
    which account is meant, MissingExtra where Entra ID is wanted without its package.
    """
    credential = options.credential
    protocol = "env" if credential is None else credential.require(*_PROTOCOLS, service="azblob")
    if credential is None or protocol == "env":
        return _from_environment(options)
    if protocol == "anonymous":
        return Access(_url(options))
    if protocol == "hmac":
        return _keyed(options, credential.access_key, credential.secret_key)
    if protocol == "apikey":
        return Access(_url(options), options.account_name or "", sas=_sas(credential.api_key))
    return _from_text(options, _text(credential))


def _url(options: NewOptions, account: str = "") -> str:
    if options.endpoint is not None:
        return options.endpoint.url
    account = account or options.account_name or ""
    if not account:
        message = "required: account_name or endpoint"
        raise PairRequired(message, pair="account_name", hint="pass account_name=…")
    return f"https://{account}.blob.{_SUFFIX}"


def _keyed(options: NewOptions, account: str, key: str) -> Access:
    return Access(_url(options, account), account, key)


def _sas(text: str) -> str:
    """The signature as a query: its values may have been decoded on the way here."""
    pairs = (pair.partition("=") for pair in text.removeprefix("?").split("&"))
    return "&".join(f"{n}={v if '%' in v else quote(v, safe='')}" for n, _, v in pairs)


def _from_environment(options: NewOptions) -> Access:
    text = os.environ.get("AZURE_STORAGE_CONNECTION_STRING")
    key, sas = os.environ.get("AZURE_STORAGE_KEY"), os.environ.get("AZURE_STORAGE_SAS_TOKEN")
    if text:
        return _from_text(options, text)
    if key and options.account_name:
        return _keyed(options, options.account_name, key)
    if sas:
        return Access(_url(options), options.account_name or "", sas=_sas(sas))
    return _identified(options)


def _identified(options: NewOptions) -> Access:
    """Whoever Microsoft Entra ID says that this process is."""
    url = _url(options)
    try:
        from azure.identity import DefaultAzureCredential
    except ImportError as error:
        raise MissingExtra("azblob", "azblob-identity") from error
    if not url.startswith("https:"):
        message = "Microsoft Entra ID needs https"
        raise CredentialInvalid(message, hint="give a credential, or an https endpoint")
    return Access(url, options.account_name or _account_in(url), token=DefaultAzureCredential())


def _account_in(url: str) -> str:
    return url.partition("://")[2].partition(".")[0]


def _text(credential: Credential) -> str:
    if credential.protocol == "base64":
        return credential.data.decode("utf-8", "replace")
    try:
        return Path(credential.path).expanduser().read_text()
    except OSError as error:
        message = f"the connection string cannot be read: {error.strerror}: {credential.path}"
        raise CredentialInvalid(message) from error


def _from_text(options: NewOptions, text: str) -> Access:
    """What a connection string of Azure's says: ``AccountName=…;AccountKey=…``."""
    fields = {n.strip().lower(): v.strip() for n, v in _fields(text)}
    account, key, sas = (
        fields.get(name, "") for name in ("accountname", "accountkey", "sharedaccesssignature")
    )
    url = _url_in(fields, account) if options.endpoint is None else options.endpoint.url
    if not url or not (sas or (account and key)):
        message = "the connection string names no account and key, and no signature"
        hint = "write AccountName=…;AccountKey=…, or BlobEndpoint=…;SharedAccessSignature=…"
        raise CredentialInvalid(message, hint=hint)
    if sas:
        return Access(url, account, sas=_sas(sas))
    return Access(url, account, key)


def _fields(text: str) -> list[tuple[str, str]]:
    pieces = [piece.partition("=") for piece in text.strip().split(";") if piece.strip()]
    return [(name, value) for name, _, value in pieces]


def _url_in(fields: Mapping[str, str], account: str) -> str:
    if "blobendpoint" in fields:
        return fields["blobendpoint"].rstrip("/")
    scheme = fields.get("defaultendpointsprotocol", "https")
    suffix = fields.get("endpointsuffix", _SUFFIX)
    return f"{scheme}://{account}.blob.{suffix}" if account else ""
