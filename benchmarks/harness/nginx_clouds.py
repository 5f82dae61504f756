"""nginx as a stub of Azure Blob Storage and of Google Cloud Storage, with one object to read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from typing_extensions import override

from harness.nginx import BUCKET, Nginx, object_of
from storewright.testing.servers import ServerNotInstalled

__all__ = ["ACCOUNT", "AzureStub", "GoogleStub", "NginxWithHeaders"]

ACCOUNT: Final = "bench0account"
_MODULE: Final = Path("/usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so")
_INSTALL: Final = "apt-get install libnginx-mod-http-headers-more-filter"

_AZURE: Final = """
  server {{
    {listen}
    location / {{
      more_set_headers "x-ms-request-id: 1" "x-ms-version: 2021-12-02" "x-ms-blob-type: BlockBlob"
        "x-ms-request-server-encrypted: true" "x-ms-creation-time: Sat, 21 Nov 2026 00:00:00 GMT";
      if ($request_method = PUT) {{
        more_set_headers 'ETag: "0x8D"' "Last-Modified: Sat, 21 Nov 2026 00:00:00 GMT";
        return 201;
      }}
      if ($request_method = DELETE) {{ return 202; }}
      more_set_input_headers "Range: $http_x_ms_range";
      rewrite ^/{account}/(.*)$ /$1 break;
      root {folder}/data;
    }}
  }}
"""
_GOOGLE: Final = """
  map $http_content_range $more {{ default 0; "~^bytes \\d+-\\d+/\\*$" 1; }}
  map $http_content_range $upto {{ default ""; "~^bytes \\d+-(?<end>\\d+)/\\*$" $end; }}
  map $request_method:$args $begins {{ default 0; ~^POST:uploads 1; }}
  map $request_method:$args $publishes {{ default 0; ~^POST:uploadId= 1; }}
  server {{
    {listen}
    location /upload/ {{
      default_type application/json;
      if ($more) {{ more_set_headers "Range: bytes=0-$upto"; return 308; }}
      if ($arg_uploadType = resumable) {{
        more_set_headers "Location: $scheme://$http_host/upload/storage/v1/b/{bucket}/o?upload_id=1";
        return 200 '{{}}';
      }}
      return 200 '{stored}';
    }}
    location /download/storage/v1/b/{bucket}/o/ {{ alias {folder}/data/{bucket}/; }}
    location /storage/ {{ default_type application/json; return 200 '{stored}'; }}
    location / {{
      if ($begins) {{ return 200 "<InitiateMultipartUploadResult><UploadId>u1</UploadId>
</InitiateMultipartUploadResult>"; }}
      if ($publishes) {{ return 200 "<CompleteMultipartUploadResult><ETag>e</ETag>
</CompleteMultipartUploadResult>"; }}
      if ($request_method = PUT) {{ more_set_headers 'ETag: "e"'; return 200; }}
    }}
  }}
"""


class NginxWithHeaders(Nginx):
    """nginx with Debian's module for headers, without which these services cannot be imitated."""

    @override
    def _modules(self) -> str:
        if not _MODULE.exists():
            raise ServerNotInstalled(f"nginx's headers-more is not installed: {_INSTALL}")
        return f"load_module {_MODULE};"


class AzureStub(NginxWithHeaders):
    """Looks like one container of Azure's to its clients, and checks nothing."""

    @override
    def endpoint(self, scheme: str) -> str:
        return f"{super().endpoint(scheme)}/{ACCOUNT}"

    @override
    def _service(self) -> str:
        self._fill(self.folder / "data" / BUCKET)
        return _AZURE.format(folder=self.folder, listen=self._listen, account=ACCOUNT)


class GoogleStub(NginxWithHeaders):
    """Looks like one bucket of Google's to its clients, and checks nothing."""

    @override
    def _service(self) -> str:
        self._fill(self.folder / "data" / BUCKET)
        stored = {
            "kind": "storage#object",
            "name": object_of(self._sizes[0]),
            "bucket": BUCKET,
            "generation": "1",
            "metageneration": "1",
            "etag": "e",
            "updated": "2026-11-21T08:15:00.000Z",
            "contentType": "application/octet-stream",
        }
        return _GOOGLE.format(
            folder=self.folder, listen=self._listen, bucket=BUCKET, stored=json.dumps(stored)
        )
