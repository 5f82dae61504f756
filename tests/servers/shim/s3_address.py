"""The addresses at which OSS and COS speak S3's protocol, by what their documents say of them.

Both sign and answer as S3 does, which is left to the store behind: requests are passed on as they
came. What is here are the rules: requests that the vendor does not understand are refused, in its
words where they are known. The store must know buckets by their host names below `localhost`.

* https://www.alibabacloud.com/help/en/oss/developer-reference/compatibility-with-amazon-s3 and
  https://www.alibabacloud.com/help/en/oss/user-guide/0017-00000804
* https://www.tencentcloud.com/document/product/436/34688 and
  https://cloud.tencent.com/document/faq/436/102489
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import ClassVar, Final
from urllib.parse import quote, urlencode, urlsplit

from typing_extensions import override

from tests.servers.shim.backend import Backend
from tests.servers.shim.message import Refused, Request, Response, words

__all__ = ["CosS3Address", "OssS3Address"]

_DOMAIN: Final = ".localhost"
_OF_THE_CONNECTION: Final = words(
    """connection content-length date expect keep-alive proxy-connection server transfer-encoding"""
)
_CHECKSUMS: Final = ("x-amz-checksum-", "x-amz-sdk-checksum-", "x-amz-trailer")


class _S3Address:
    """What both refuse, and that all else is passed on."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def respond(self, request: Request) -> Response:
        """The store's answer, or the vendor's refusal."""
        if request.raw_path.startswith("http://"):  # as to a proxy
            request.raw_path = urlsplit(request.raw_path).path or "/"
        try:
            self._check_place(request)
            self._check_body(request)
            self._check(request)
        except Refused as refused:
            return _refusal(request, refused)
        return self._passed_on(request)

    def broken(self) -> Response:
        """What is said when the shim itself has failed."""
        return Response(500)

    def _check_place(self, request: Request) -> None:
        host = request.headers.get("host", "").partition(":")[0]
        if not host.endswith(_DOMAIN) and request.raw_path != "/":
            raise self._path_style()

    def _path_style(self) -> Refused:
        """What is said where the bucket is not in the host."""
        raise NotImplementedError

    def _check_body(self, request: Request) -> None:
        digest = request.headers.get("x-amz-content-sha256", "")
        if digest.startswith("STREAMING-") or "aws-chunked" in request.headers.get(
            "content-encoding", ""
        ):
            message = "aws-chunked encoding is not supported with the specified value."
            raise Refused(400, "InvalidArgument", message)
        if request.method == "POST" and "delete" in request.params:
            if "content-md5" not in request.headers:  # a checksum beside it is ignored
                raise Refused(400, "InvalidRequest", "Missing required header: Content-MD5.")
        elif request.method != "GET" and any(n.startswith(_CHECKSUMS) for n in request.headers):
            raise Refused(400, "InvalidArgument", "Checksums would be ignored, in silence.")

    def _check(self, request: Request) -> None:
        """What only one of them refuses."""

    def _passed_on(self, request: Request) -> Response:
        query = urlencode(request.query, quote_via=quote, safe="-_.~")
        target = f"{request.raw_path}?{query}" if query else request.raw_path
        sent = {n: v for n, v in request.headers.items() if n not in _OF_THE_CONNECTION}
        answer = self._backend.pass_on(request.method, target, sent, request.body, request.length)
        headers = {n: v for n, v in answer.headers.items() if n not in _OF_THE_CONNECTION}
        if answer.length is None:
            return Response(answer.status, headers, answer.content())
        return Response(answer.status, headers, answer.body, answer.length)


class OssS3Address(_S3Address):
    """Alibaba Cloud OSS.

    Its documents do not name ListMultipartUploads, without which no test could see what is left: it
    is passed on, but the profile does without it.
    """

    acls: ClassVar = words("""private public-read public-read-write""")

    @override
    def _path_style(self) -> Refused:
        message = "Please use virtual hosted style to access."
        return Refused(403, "SecondLevelDomainForbidden", message)

    @override
    def _check(self, request: Request) -> None:
        if request.headers.get("x-amz-acl", "private") not in self.acls:
            raise Refused(400, "InvalidArgument", "no such acl is supported")


class CosS3Address(_S3Address):
    """Tencent Cloud COS."""

    @override
    def _path_style(self) -> Refused:
        message = "The bucket must be addressed using COS virtual-styled domain."
        return Refused(403, "PathStyleDomainForbidden", message)


def _refusal(request: Request, refused: Refused) -> Response:
    if request.method == "HEAD":
        return Response(refused.status)
    root = ET.Element("Error")
    ET.SubElement(root, "Code").text = refused.code
    ET.SubElement(root, "Message").text = refused.message
    headers = {"content-type": "application/xml"}
    return Response(refused.status, headers, ET.tostring(root, encoding="UTF-8"))
