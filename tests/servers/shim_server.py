"""A vendor's dialect in front of a real S3 server, as a process."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import ClassVar
from urllib.parse import quote

from typing_extensions import override

from storewright.testing.servers import SeaweedFS, Server
from storewright.testing.servers.server import HOST, free_ports, http_get
from tests.roots import PYTHONPATH
from tests.servers.shim.message import Account

__all__ = ["CosS3", "CosShim", "OssS3", "OssShim", "S3Address", "ShimServer"]


class ShimServer(Server):
    """A shim in front of ``backend``, which must run for as long."""

    dialect: ClassVar[str]
    region: ClassVar[str]
    access_key = "vendor-key"
    secret_key = "vendor-secret"
    temporary = ("STS.temporary-key", "temporary-secret", "temporary-token")
    """Access key, secret key and token of a session."""

    def __init__(self, backend: SeaweedFS, *, start_timeout: float = 120) -> None:
        super().__init__(start_timeout=start_timeout)
        self.backend = backend
        self._port = 0

    @property
    def endpoint(self) -> str:
        """The URL that the vendor's requests go to."""
        return f"http://{HOST}:{self._port}"

    def connection(self, bucket: str, work_dir: str = "") -> str:
        """The connection string of a bucket here, as ``storage.open()`` takes it."""
        credential = quote(f"hmac:{self.access_key}:{self.secret_key}", safe=":/")
        endpoint = quote(self.endpoint, safe=":/")
        options = f"endpoint={endpoint}&credential={credential}&location={self.region}"
        return f"{self.dialect}://{bucket}/{quote(work_dir.strip('/'))}?{options}"

    @override
    def _environment(self) -> Mapping[str, str]:
        return {"PYTHONPATH": PYTHONPATH}

    @override
    def _prepare(self) -> Sequence[str]:
        (self._port,) = free_ports(1)
        settings = self.folder / "settings.json"
        settings.write_text(json.dumps(self._settings()))
        return [sys.executable, "-m", "tests.servers.shim", str(settings)]

    def _settings(self) -> object:
        backend = self.backend
        accounts = [
            Account(self.access_key, self.secret_key, self.region),
            Account(self.temporary[0], self.temporary[1], self.region, self.temporary[2]),
        ]
        return {
            "dialect": self.dialect,
            "host": HOST,
            "port": self._port,
            "folder": str(self.folder / "parts"),
            "accounts": [asdict(account) for account in accounts],
            "backend": {
                "endpoint": backend.endpoint,
                "access_key": backend.access_key,
                "secret_key": backend.secret_key,
                "region": backend.location,
            },
        }

    @override
    def _is_ready(self) -> bool:
        return http_get(self._port, "/")[0] == 403  # nobody signed this


class OssShim(ShimServer):
    """Alibaba Cloud OSS."""

    dialect = "oss"
    region = "cn-hangzhou"


class CosShim(ShimServer):
    """Tencent Cloud COS. Its buckets are in host names: clients take ``proxy`` for a proxy."""

    dialect = "cos"
    region = "ap-shim"
    address = "http://cos.ap-shim.example"
    """What clients take for the endpoint; nobody resolves its name."""

    @property
    def proxy(self) -> str:
        """The URL of the proxy through which that endpoint is reached."""
        return self.endpoint

    def connection(self, bucket: str, work_dir: str = "") -> str:
        """The connection string of a bucket here, as ``storage.open()`` takes it."""
        credential = quote(f"hmac:{self.access_key}:{self.secret_key}", safe=":/")
        where = f"endpoint={self.address}&proxy={self.proxy}&location={self.region}"
        options = f"{where}&credential={credential}"
        return f"cos://{bucket}/{quote(work_dir.strip('/'))}?{options}"


class S3Address(ShimServer):
    """The address at which a vendor speaks S3's protocol, reached as through a proxy."""

    region = "us-east-1"
    address = "http://localhost"
    """What clients take for the endpoint: the store behind knows the names below it."""

    @property
    def proxy(self) -> str:
        """The URL of the proxy through which that endpoint is reached."""
        return self.endpoint

    @property
    def credential(self) -> str:
        """Keys of the store behind, which checks the signatures."""
        return self.backend.credential


class OssS3(S3Address):
    """That of Alibaba Cloud OSS."""

    dialect = "oss_s3"


class CosS3(S3Address):
    """That of Tencent Cloud COS."""

    dialect = "cos_s3"
