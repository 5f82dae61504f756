"""Storewright and Tencent's SDK on COS, with the same settings, and nginx as a stub of COS."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any, Final
from urllib.parse import urlsplit

from typing_extensions import override

from harness.clouds_contenders import KEY, StorewrightCloud
from harness.clouds_oss import listed
from harness.contender import Contender, Place
from harness.nginx import BUCKET, LISTED, object_of
from harness.nginx_clouds import NginxWithHeaders
from harness.rounds import Task
from storewright.services.cos import CosStorage

__all__ = ["CosSdk", "CosStub", "StorewrightCos"]

_COS: Final = """
  map $request_method:$args $begins {{ default 0; ~^POST:uploads 1; }}
  map $request_method:$args $publishes {{ default 0; ~^POST:uploadId= 1; }}
  map $request_method:$uri $lists {{ default 0; GET:/ 1; }}
  server {{
    {listen}
    if ($lists) {{ rewrite ^ /listing.xml last; }}
    location = /listing.xml {{ root {folder}; default_type application/xml; }}
    location / {{
      more_set_headers 'ETag: "0123456789abcdef0123456789abcdef"' "x-cos-request-id: 1";
      if ($begins) {{ return 200 "<InitiateMultipartUploadResult><UploadId>u1</UploadId>
</InitiateMultipartUploadResult>"; }}
      if ($publishes) {{ return 200 "<CompleteMultipartUploadResult><ETag>e</ETag>
</CompleteMultipartUploadResult>"; }}
      if ($request_method = PUT) {{ return 200; }}
      root {folder}/data/{bucket};
    }}
  }}
"""


class CosStub(NginxWithHeaders):
    """Looks like one bucket of COS at a domain of its own, and checks nothing."""

    @override
    def _service(self) -> str:
        self._fill(self.folder / "data" / BUCKET)
        owner = "<Owner><ID>1250000000</ID><DisplayName>1250000000</DisplayName></Owner>"
        (self.folder / "listing.xml").write_text(
            f"<ListBucketResult><Name>{BUCKET}</Name><EncodingType>url</EncodingType><Prefix/>"
            f"<Marker/><MaxKeys>{LISTED}</MaxKeys><IsTruncated>false</IsTruncated>"
            + listed(f"{owner}<StorageClass>STANDARD</StorageClass>")
            + "</ListBucketResult>"
        )
        return _COS.format(folder=self.folder, listen=self._listen, bucket=BUCKET)


class StorewrightCos(StorewrightCloud):
    """Storewright on COS."""

    @override
    def tasks(self) -> Mapping[str, Task]:
        return {**super().tasks(), "list": lambda: list(self.store.list())}

    @override
    def connect(self, place: Place) -> None:
        self.store = CosStorage(
            name=place.bucket,
            endpoint=place.endpoint.replace("127.0.0.1", "localhost"),
            custom_domain=urlsplit(place.endpoint).netloc,
            credential=f"hmac:{place.access_key}:{place.secret_key}",
            ca_bundle=place.ca_file,
            pool_size=place.pool,
            max_retries=place.retries,
            connect_timeout=place.connect_timeout,
            read_timeout=place.read_timeout,
        )


class CosSdk(Contender):
    """cos-python-sdk-v5 with Content-MD5, called in the cheapest ways that it has."""

    name = "cos-python-sdk-v5"

    @override
    def connect(self, place: Place) -> None:
        sdk: Any = import_module("qcloud_cos")
        requests: Any = import_module("requests")
        session = requests.Session()
        for scheme in ("http://", "https://"):
            session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=place.pool))
        address = urlsplit(place.endpoint)
        config: Any = sdk.CosConfig(
            Region="bench",
            Domain=address.netloc,
            Scheme=address.scheme,
            SecretId=place.access_key,
            SecretKey=place.secret_key,
            Timeout=(place.connect_timeout, place.read_timeout),
            VerifySSL=place.ca_file,
        )
        self.pool = ThreadPoolExecutor(self.sizes.threads)
        self.client: Any = sdk.CosS3Client(config, retry=place.retries, session=session)
        self.checked: dict[str, Any] = {"Bucket": place.bucket, "Key": KEY, "EnableMD5": True}

    @override
    def tasks(self) -> Mapping[str, Task]:
        client, small = self.client, object_of(self.sizes.small)
        where = {"Bucket": self.place.bucket, "Key": small}
        return {
            "put small": lambda: client.put_object(Body=self.small, **self.checked),
            "get small": lambda: client.get_object(**where)["Body"].get_raw_stream().read(),
            "stat": lambda: client.head_object(**where),
            "list": lambda: client.list_objects(self.place.bucket),
            "stream": self._upload,
        }

    def _upload(self) -> None:
        source, sent = self.stream(), list[Any]()
        where = {"Bucket": self.place.bucket, "Key": KEY}
        upload: str = self.client.create_multipart_upload(**where)["UploadId"]
        count = 0
        while data := source.read(self.sizes.part):
            count += 1
            if len(sent) >= self.sizes.threads:
                sent.pop(0).result()
            call = self.client.upload_part
            more: dict[str, Any] = {"PartNumber": count, "UploadId": upload, **self.checked}
            sent.append(self.pool.submit(call, Body=data, **more))
        for task in sent:
            task.result()
        parts = [{"PartNumber": n, "ETag": "e"} for n in range(1, count + 1)]
        complete = self.client.complete_multipart_upload
        complete(**where, UploadId=upload, MultipartUpload={"Part": parts})
