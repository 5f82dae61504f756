"""Tencent's own client of one bucket of the emulation: it shares no code with the adapter."""

import http.client
from typing import Any
from urllib.parse import urlsplit

from storewright.core.parts import SignedRequest
from tests.servers.cos_sdk import Cos

__all__ = ["Witness"]


class Witness:
    """Reads and writes below a prefix."""

    def __init__(self, cos: Cos, prefix: str) -> None:
        self.cos, self.prefix = cos, prefix
        self.client: Any = cos.client()
        self.refusal: type[Exception] = cos.sdk.CosServiceError

    def _where(self, key: str) -> dict[str, str]:
        return {"Bucket": self.cos.bucket, "Key": self.prefix + key}

    def read(self, key: str, **options: str) -> bytes:
        """The content of an object."""
        answer = self.client.get_object(**self._where(key), **options)
        content: bytes = answer["Body"].get_raw_stream().read()
        return content

    def write(self, key: str, content: bytes, **options: str) -> None:
        """Make an object."""
        self.client.put_object(**self._where(key), Body=content, **options)

    def head(self, key: str, **options: str) -> dict[str, str]:
        """What is told of an object."""
        found = self.client.head_object(**self._where(key), **options)
        return {name.lower(): value for name, value in found.items()}

    def send(self, request: SignedRequest, body: bytes = b"") -> tuple[int, bytes]:
        """Status and content of the answer to a signed request, sent as a stranger would."""
        connection = http.client.HTTPConnection(urlsplit(self.cos.shim.proxy).netloc, timeout=60)
        connection.request(request.method, request.url, body, dict(request.headers))
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content
