"""Storewright and Alibaba's SDK on OSS, with the same settings, and nginx as a stub of OSS."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any, Final

from typing_extensions import override

from harness.clouds_contenders import KEY, StorewrightCloud
from harness.contender import Contender, Place
from harness.nginx import BUCKET, LISTED, object_of
from harness.nginx_clouds import NginxWithHeaders
from harness.rounds import Task
from storewright.services.oss import OssStorage, checksums

__all__ = ["OssSdk", "OssStub", "StorewrightOss", "crcmod_kind", "listed"]

_OSS: Final = """
  map $request_method:$args $oss_lists {{ default 0; ~^GET:.*list-type=2 1; }}
  map $request_method:$args $oss_begins {{ default 0; ~^POST:uploads 1; }}
  map $request_method:$args $oss_publishes {{ default 0; ~^POST:.*uploadId= 1; }}
  map $uri $oss_crc {{ default ""; {crcs} }}
  server {{
    {listen}
    root {folder}/data;
    more_set_headers 'ETag: "0123456789ABCDEF0123456789ABCDEF"' "x-oss-request-id: 1"
      "x-oss-object-type: Normal" "x-oss-storage-class: Standard" "x-oss-hash-crc64ecma: $oss_crc";
    if ($oss_lists) {{ rewrite ^ /listing.xml last; }}
    if ($oss_begins) {{ return 200 "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key>
<UploadId>u1</UploadId></InitiateMultipartUploadResult>"; }}
    if ($oss_publishes) {{ return 200 "<CompleteMultipartUploadResult><ETag>e</ETag>
</CompleteMultipartUploadResult>"; }}
    location = /listing.xml {{ default_type application/xml; }}
    location / {{
      if ($request_method = PUT) {{ return 200; }}
    }}
  }}
"""


def listed(extra: str) -> str:
    """The entries of a bucket's listing, each with the elements ``extra``."""
    return "".join(
        f"<Contents><Key>exports%2F2026%2Ftable-{n:05}.parquet</Key>"
        f"<LastModified>2026-11-21T08:{n // 60 % 60:02}:{n % 60:02}.000Z</LastModified>"
        f"<ETag>&quot;{n:032X}&quot;</ETag><Size>{n * 1024}</Size>{extra}</Contents>"
        for n in range(LISTED)
    )


def crcmod_kind() -> str:
    """Whether the crcmod that oss2 computes checksums with has its C extension."""
    import_module("crcmod")
    compiled = getattr(sys.modules["crcmod.crcmod"], "_usingExtension", False)
    return f"crcmod {'with' if compiled else 'without'} its C extension"


class OssStub(NginxWithHeaders):
    """Looks like one bucket of OSS, and checks nothing.

    It tells the right CRC-64 of the object that can be read, but cannot compute that of others.
    """

    @override
    def _service(self) -> str:
        data = self.folder / "data"
        self._fill(data / BUCKET)
        (data / "listing.xml").write_text(
            '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult>'
            f"<Name>{BUCKET}</Name><Prefix></Prefix><MaxKeys>{LISTED}</MaxKeys>"
            "<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
            + listed("<Type>Normal</Type><StorageClass>Standard</StorageClass>")
            + f"<KeyCount>{LISTED}</KeyCount></ListBucketResult>"
        )
        crcs = "".join(
            f"/{BUCKET}/{file.name} {checksums.crc(file.read_bytes())};"
            for file in (data / BUCKET).iterdir()
        )
        return _OSS.format(folder=self.folder, listen=self._listen, crcs=crcs)


class StorewrightOss(StorewrightCloud):
    """Storewright on OSS."""

    @override
    def connect(self, place: Place) -> None:
        self.store = OssStorage(
            name=place.bucket,
            endpoint=place.endpoint,
            location=place.region,
            credential=f"hmac:{place.access_key}:{place.secret_key}",
            ca_bundle=place.ca_file,
            pool_size=place.pool,
            max_retries=place.retries,
            connect_timeout=place.connect_timeout,
            read_timeout=place.read_timeout,
        )

    @override
    def tasks(self) -> Mapping[str, Task]:
        return {**super().tasks(), "list": lambda: list(self.store.list())}


class OssSdk(Contender):
    """oss2 as it is installed: with its own CRC-64, called in the cheapest ways that it has."""

    name = "oss2"

    @override
    def connect(self, place: Place) -> None:
        os.environ["REQUESTS_CA_BUNDLE"] = place.ca_file  # the only way that oss2 has
        self.pool = ThreadPoolExecutor(self.sizes.threads)
        self.oss2: Any = import_module("oss2")
        self.bucket, self.unchecked = self._bucket(place, crc=True), self._bucket(place, crc=False)

    def _bucket(self, place: Place, *, crc: bool) -> Any:
        session: Any = self.oss2.Session(pool_size=place.pool)
        return self.oss2.Bucket(
            self.oss2.AuthV4(place.access_key, place.secret_key),
            place.endpoint,
            place.bucket,
            session=session,
            connect_timeout=(place.connect_timeout, place.read_timeout),
            enable_crc=crc,
            region=place.region,
        )

    @override
    def tasks(self) -> Mapping[str, Task]:
        return self._tasks(self.bucket)

    @override
    def ways(self) -> Mapping[str, Mapping[str, Task]]:
        tasks = self._tasks(self.unchecked)
        return {case: {"oss2, unchecked": tasks[case]} for case in ("put small", "get small")}

    def _tasks(self, bucket: Any) -> Mapping[str, Task]:
        small = object_of(self.sizes.small)
        return {
            "put small": lambda: bucket.put_object(KEY, self.small),
            "get small": lambda: bucket.get_object(small).read(),
            "stat": lambda: bucket.head_object(small),
            "list": lambda: bucket.list_objects_v2(max_keys=LISTED).object_list,
            "stream": lambda: self._upload(bucket),
        }

    def _upload(self, bucket: Any) -> None:
        source, sent = self.stream(), list[Any]()
        upload: str = bucket.init_multipart_upload(KEY).upload_id
        count = 0
        while data := source.read(self.sizes.part):
            count += 1
            if len(sent) >= self.sizes.threads:
                sent.pop(0).result()
            sent.append(self.pool.submit(bucket.upload_part, KEY, upload, count, data))
        for task in sent:
            task.result()
        parts = [self.oss2.models.PartInfo(n, "E") for n in range(1, count + 1)]
        bucket.complete_multipart_upload(KEY, upload, parts)
