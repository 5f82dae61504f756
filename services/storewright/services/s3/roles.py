"""Taking on a role: credentials for an hour or so, which renew themselves."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

from storewright.core.encoders import encode_seconds

if TYPE_CHECKING:
    from botocore.config import Config

    from storewright.generated.s3.options import NewServiceOptions, NewStorageOptions

__all__ = ["take_on"]


def take_on(
    session: boto3.session.Session,
    arn: str,
    options: NewServiceOptions | NewStorageOptions,
    config: Config,
) -> None:
    """Let the session act in the role ``arn``, which its own credentials may take on.

    ``config`` says how to connect, to the service that gives out the credentials as to S3.
    """
    inner: Any = session._session  # noqa: SLF001 - boto3 offers no other way to set credentials
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=partial(_client, inner, options, config),
        source_credentials=inner.get_credentials(),
        role_arn=arn,
        extra_args=_extra(options),
    )
    credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
    inner._credentials = credentials  # noqa: SLF001 - botocore's own profiles do the same


def _client(
    session: Any,
    options: NewServiceOptions | NewStorageOptions,
    config: Config,
    name: str,
    **given: Any,
) -> Any:
    """A client of the service that gives out the role's credentials."""
    return session.create_client(
        name,
        region_name=options.location or session.get_config_variable("region") or "us-east-1",
        endpoint_url=None if options.sts_endpoint is None else options.sts_endpoint.url,
        verify=options.ca_bundle,
        config=config,
        **given,
    )


def _extra(options: NewServiceOptions | NewStorageOptions) -> dict[str, Any]:
    duration = options.role_duration
    given = {
        "RoleSessionName": options.role_session_name,
        "ExternalId": options.role_external_id,
        "DurationSeconds": None if duration is None else encode_seconds(duration),
    }
    return {name: value for name, value in given.items() if value is not None}
