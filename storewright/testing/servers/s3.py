"""What all S3 servers have in common: credentials, an endpoint, and a boto3 client as witness."""

from __future__ import annotations

from abc import ABC
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from storewright.testing.servers.server import HOST, Server

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

__all__ = ["S3Server"]


class S3Server(Server, ABC):
    """A server that speaks S3's protocol. A subclass sets `_port` when it prepares to start.

    `tls`: `endpoint` is https, under a certificate whose authority is `ca_file`.
    """

    access_key: str = "testkey"
    secret_key: str = (
        "testsecret"  # noqa: S105 - of a server that lives for one test run on loopback
    )
    location: str = "us-east-1"
    profile: ClassVar[str] = ""
    """The profile of the s3 service that knows this server's differences."""
    install: ClassVar[str] = ""
    """The command that installs it."""

    def __init__(self, *, tls: bool = False, start_timeout: float = 120) -> None:
        super().__init__(start_timeout=start_timeout)
        self.tls = tls
        self._port = 0

    @property
    def endpoint(self) -> str:
        """The URL that S3 requests go to."""
        return f"https://localhost:{self._port}" if self.tls else f"http://{HOST}:{self._port}"

    @property
    def ca_file(self) -> Path:
        """The certificate of the authority that vouches for an https endpoint."""
        return self.folder / "ca.pem"

    @property
    def credential(self) -> str:
        """What the server knows its user by, as the pair `credential` takes it."""
        return f"hmac:{quote(self.access_key, safe='')}:{quote(self.secret_key, safe='')}"

    def connection(self, bucket: str, work_dir: str = "") -> str:
        """The connection string of a bucket here, as ``storage.open()`` takes it."""
        credential = quote(self.credential, safe=":/")
        endpoint = quote(self.endpoint, safe=":/")
        options = f"endpoint={endpoint}&credential={credential}&location={self.location}"
        return f"s3://{bucket}/{quote(work_dir.strip('/'))}?{options}"

    def client(self) -> S3Client:
        """A boto3 client of this server: an independent witness of what an adapter did."""
        import boto3

        client: S3Client = boto3.session.Session().client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=self.location,
            verify=str(self.ca_file) if self.tls else None,
        )
        return client
