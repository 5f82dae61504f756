"""nginx as a stub of a storage service: it takes what it is sent, and answers at once.

A real server needs as much time as its client, which hides what the client costs. This one only
reads and discards; what it answers stands in its configuration, or in files below its folder.
"""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from typing_extensions import override

from storewright.testing.servers.server import (
    HOST,
    Server,
    find_program,
    free_ports,
    http_get,
    issue_certificate,
)

__all__ = ["BUCKET", "LISTED", "Nginx", "S3Stub", "object_of"]

BUCKET: Final = "bench"
LISTED: Final = 1000
"""Objects in a bucket's listing."""
_TAG: Final = "d41d8cd98f00b204e9800998ecf8427e"

_MAIN: Final = """
{modules}
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log; {user}
events {{ worker_connections 512; }}
http {{
  access_log off; sendfile on; tcp_nodelay on; server_tokens off;
  keepalive_requests 10000000; keepalive_timeout 600; lingering_time 600; lingering_timeout 60;
  client_max_body_size 0; client_body_buffer_size 64k; client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  scgi_temp_path {folder}/scgi; uwsgi_temp_path {folder}/uwsgi;
  ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
  ssl_protocols TLSv1.2 TLSv1.3;
  types {{ }} default_type binary/octet-stream;
{service}
}}
"""

_S3: Final = """
  map $request_method:$args $lists {{ default 0; ~^GET:.*list-type=2 1; ~^GET:.*prefix= 1; }}
  map $request_method:$args $begins {{ default 0; ~^POST:uploads 1; }}
  map $request_method:$args $publishes {{ default 0; ~^POST:.*uploadId= 1; }}
  server {{
    {listen}
    root {folder}/data;
    if ($lists) {{ rewrite ^ /listing.xml last; }}
    if ($begins) {{ return 200 "{begun}"; }}
    if ($publishes) {{ return 200 "{published}"; }}
    location = /listing.xml {{ default_type application/xml; }}
    location / {{
      if ($request_method = PUT) {{ add_header ETag "\\"{tag}\\""; return 200; }}
      if ($request_method = DELETE) {{ return 204; }}
    }}
  }}
"""
_BEGUN: Final = (
    "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key>"
    "<UploadId>u1</UploadId></InitiateMultipartUploadResult>"
)
_PUBLISHED: Final = (
    "<CompleteMultipartUploadResult><Bucket>b</Bucket><Key>k</Key>"
    f'<ETag>\\"{_TAG}-1\\"</ETag></CompleteMultipartUploadResult>'
)


def object_of(size: int) -> str:
    """The key of the object that has ``size`` bytes."""
    return f"object-{size}"


class Nginx(Server):
    """nginx with a configuration. Raises ServerNotInstalled without Debian's nginx-light."""

    def __init__(self, sizes: Sequence[int] = (), *, start_timeout: float = 120) -> None:
        """``sizes``: the bytes of the objects that can be read, each under its `object_of`."""
        super().__init__(start_timeout=start_timeout)
        self._sizes = sizes
        self._plain = self._tls = 0

    def endpoint(self, scheme: str) -> str:
        """The URL of the service over ``http`` or ``https``."""
        return f"{scheme}://{HOST}:{self._plain if scheme == 'http' else self._tls}"

    @property
    def ca_file(self) -> Path:
        """The certificate of the authority that vouches for the https endpoint."""
        return self.folder / "ca.pem"

    @abstractmethod
    def _service(self) -> str:
        """The part of the configuration that is the service."""

    def _modules(self) -> str:
        """The modules that the service needs, as the configuration loads them."""
        return ""

    def _fill(self, folder: Path) -> None:
        """Put the objects that can be read into a folder."""
        folder.mkdir(parents=True)
        for size in self._sizes:
            (folder / object_of(size)).write_bytes(os.urandom(size))

    @property
    def _listen(self) -> str:
        return f"listen {HOST}:{self._plain}; listen {HOST}:{self._tls} ssl;"

    @override
    def _prepare(self) -> Sequence[str]:
        program = find_program("nginx", "apt-get install nginx-light")
        self._plain, self._tls = free_ports(2)
        issue_certificate(self.folder)
        user = "user root;" if os.geteuid() == 0 else ""  # the folder is its owner's only
        text = _MAIN.format(
            modules=self._modules(), folder=self.folder, user=user, service=self._service()
        )
        (self.folder / "nginx.conf").write_text(text)
        return [program, "-e", "stderr", "-c", str(self.folder / "nginx.conf")]

    @override
    def _is_ready(self) -> bool:
        return http_get(self._plain, "/")[0] > 0


class S3Stub(Nginx):
    """Looks like one bucket of S3 to its clients, and checks nothing."""

    @override
    def _service(self) -> str:
        self._fill(self.folder / "data" / BUCKET)
        (self.folder / "data" / "listing.xml").write_text(_listing())
        return _S3.format(
            folder=self.folder,
            listen=self._listen,
            begun=_BEGUN,
            published=_PUBLISHED,
            tag=_TAG,
        )


def _listing() -> str:
    entries = "".join(
        f"<Contents><Key>exports/2026/table-{n:05}.parquet</Key>"
        f"<LastModified>2026-11-21T08:{n // 60 % 60:02}:{n % 60:02}.000Z</LastModified>"
        f"<ETag>&quot;{n:032x}&quot;</ETag><Size>{n * 1024}</Size>"
        "<StorageClass>STANDARD</StorageClass></Contents>"
        for n in range(LISTED)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>{BUCKET}</Name><Prefix></Prefix><KeyCount>{LISTED}</KeyCount>"
        f"<MaxKeys>{LISTED}</MaxKeys><EncodingType>url</EncodingType>"
        f"<IsTruncated>false</IsTruncated>{entries}</ListBucketResult>"
    )
