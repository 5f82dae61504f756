"""Tencent's SDK, which is untyped, on the COS shim."""

from __future__ import annotations

import importlib
import uuid
from typing import Any

import requests

from tests.servers.shim_server import CosShim

__all__ = ["Cos", "session_of"]


def session_of(shim: CosShim) -> Any:
    """A session of requests that goes through the shim."""
    session = requests.Session()
    session.proxies = {"http": shim.proxy}
    return session


class Cos:
    """Makes clients; shares nothing with our adapter."""

    def __init__(self, shim: CosShim) -> None:
        self.sdk: Any = importlib.import_module("qcloud_cos")
        self.shim = shim
        self.bucket = f"shim-{uuid.uuid4().hex[:16]}-1250000000"
        self.client().create_bucket(Bucket=self.bucket)

    def client(self, *, session: Any = None, **options: Any) -> Any:
        """A client that differs from a right one in some options."""
        given = {
            "Endpoint": self.shim.address.removeprefix("http://"),
            "Scheme": "http",
            "SecretId": self.shim.access_key,
            "SecretKey": self.shim.secret_key,
        }
        config = self.sdk.CosConfig(**(given | options))
        session = session_of(self.shim) if session is None else session
        return self.sdk.CosS3Client(config, retry=0, session=session)
