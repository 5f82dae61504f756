"""Storewright and boto3 on S3, with the same settings, and boto3 as it is when nobody sets any."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import boto3
import botocore.session
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from typing_extensions import override

from harness.contender import Contender, Place, Void
from harness.nginx import object_of
from harness.rounds import Task
from storewright.services.s3 import S3Storage, economy

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

__all__ = [
    "KEY",
    "Boto3",
    "Boto3Again",
    "Boto3AsOurs",
    "Boto3Default",
    "Storewright",
    "StorewrightChecked",
]

KEY = "written"


class Storewright(Contender):
    """Storewright."""

    name = "storewright"
    checksum_mode: Literal["when_required", "when_supported"] = "when_required"

    @override
    def connect(self, place: Place) -> None:
        self.store = S3Storage(
            name=place.bucket,
            endpoint=place.endpoint,
            credential=f"hmac:{place.access_key}:{place.secret_key}",
            location=place.region,
            ca_bundle=place.ca_file,
            addressing_style="path",
            checksum_mode=self.checksum_mode,
            payload_signing=not place.secure,
            pool_size=place.pool,
            max_retries=place.retries,
            connect_timeout=place.connect_timeout,
            read_timeout=place.read_timeout,
        )

    @override
    def tasks(self) -> Mapping[str, Task]:
        store, sizes = self.store, self.sizes
        small, large = object_of(sizes.small), object_of(sizes.large)
        return {
            "put small": lambda: store.write(KEY, self.small),
            "get small": lambda: store.read_bytes(small),
            "stat": lambda: store.stat(small),
            "list": lambda: [item.path for item in store.list()],
            "put large": lambda: store.write(KEY, self.large),
            "get large": lambda: store.read_bytes(large),
            "read large": lambda: store.read(large, Void()),
            "stream": self._stream,
        }

    @override
    def ways(self) -> Mapping[str, Mapping[str, Task]]:
        return {"stream": {"storewright, write(reader)": self._stream_from}}

    def _stream(self) -> None:
        """As a program does that makes its data bit by bit."""
        source = self.stream()
        with self.store.open_writer(
            KEY, part_size=self.sizes.part, concurrency=self.sizes.threads
        ) as writer:
            while chunk := source.read(self.sizes.chunk):
                writer.write(chunk)

    def _stream_from(self) -> None:
        self.store.write(KEY, self.stream())


class StorewrightChecked(Storewright):
    """The same with the checksums that boto3 adds when nobody says anything."""

    name = "storewright, checksums"
    checksum_mode = "when_supported"

    @override
    def ways(self) -> Mapping[str, Mapping[str, Task]]:
        return {}


class Boto3(Contender):
    """boto3, called in the cheapest ways that it has."""

    name = "boto3"

    @override
    def connect(self, place: Place) -> None:
        self.pool = ThreadPoolExecutor(self.sizes.threads)
        self.transfer = TransferConfig(
            multipart_chunksize=self.sizes.part,
            multipart_threshold=self.sizes.part,
            max_concurrency=self.sizes.threads,
        )
        self.client = _client(boto3.session.Session(), place, _config(place))

    @override
    def tasks(self) -> Mapping[str, Task]:
        put = self.client.put_object
        bucket, sizes = self.place.bucket, self.sizes
        small, large = object_of(sizes.small), object_of(sizes.large)
        return {
            "put small": lambda: put(Bucket=bucket, Key=KEY, Body=self.small),
            "get small": lambda: self._get(small),
            "stat": lambda: self.client.head_object(Bucket=bucket, Key=small),
            "list": self._list,
            "put large": lambda: put(Bucket=bucket, Key=KEY, Body=self.large),
            "get large": lambda: self._get(large),
            "read large": self._read,
            "stream": self._upload_parts,
        }

    @override
    def ways(self) -> Mapping[str, Mapping[str, Task]]:
        # what is fastest is not known beforehand
        put: Any = self.client.put_object  # the stubs do not know that it takes a bytearray
        bucket = self.place.bucket
        small, large = bytearray(self.small), bytearray(self.large)
        return {
            "put small": {"boto3, bytearray": lambda: put(Bucket=bucket, Key=KEY, Body=small)},
            "put large": {"boto3, bytearray": lambda: put(Bucket=bucket, Key=KEY, Body=large)},
            "read large": {"boto3, readinto": self._read_into},
            "stream": {
                "boto3, one thread": self._upload_in_turn,
                "boto3, upload_fileobj": self._upload_file,
            },
        }

    def _get(self, key: str) -> bytes:
        return self.client.get_object(Bucket=self.place.bucket, Key=key)["Body"].read()

    def _list(self) -> list[str]:
        answer = self.client.list_objects_v2(Bucket=self.place.bucket)
        return [entry.get("Key", "") for entry in answer.get("Contents", [])]

    def _body(self) -> Any:
        key = object_of(self.sizes.large)
        return self.client.get_object(Bucket=self.place.bucket, Key=key)["Body"]

    def _read(self) -> None:
        writer = Void()
        for chunk in self._body().iter_chunks(self.sizes.chunk):
            writer.write(chunk)

    def _read_into(self) -> None:
        writer, body, buffer = Void(), self._body(), memoryview(bytearray(self.sizes.chunk))
        while count := body.readinto(buffer):
            writer.write(buffer[:count])

    def _upload_parts(self) -> None:
        under_way: deque[Future[Any]] = deque()
        done: list[Any] = []

        def send(part: Callable[[], Any]) -> None:
            if len(under_way) >= self.sizes.threads:
                done.append(under_way.popleft().result())
            under_way.append(self.pool.submit(part))

        self._upload(send, lambda: done + [part.result() for part in under_way])

    def _upload_in_turn(self) -> None:
        done: list[Any] = []
        self._upload(lambda part: done.append(part()), lambda: done)

    def _upload(
        self, send: Callable[[Callable[[], Any]], None], ended: Callable[[], list[Any]]
    ) -> None:
        where: Any = {"Bucket": self.place.bucket, "Key": KEY}
        where["UploadId"] = self.client.create_multipart_upload(**where)["UploadId"]
        source, number = self.stream(), 0

        def part(number: int, data: bytes) -> Any:
            answer = self.client.upload_part(**where, PartNumber=number, Body=data)
            return {"PartNumber": number, "ETag": answer["ETag"]}

        while data := source.read(self.sizes.part):
            number += 1
            send(partial(part, number, data))
        self.client.complete_multipart_upload(**where, MultipartUpload={"Parts": ended()})

    def _upload_file(self) -> None:
        file: Any = self.stream()
        self.client.upload_fileobj(file, self.place.bucket, KEY, Config=self.transfer)


class Boto3Again(Boto3):
    """The same in Storewright's place: shows how far the harness can be trusted."""

    name = "boto3 again"

    @override
    def ways(self) -> Mapping[str, Mapping[str, Task]]:
        return {}


class Boto3AsOurs(Boto3):
    """boto3 on a session that was prepared as Storewright's own: what is left is our overhead."""

    name = "boto3, session as ours"

    @override
    def connect(self, place: Place) -> None:
        super().connect(place)
        inner = botocore.session.Session()
        session = boto3.session.Session(botocore_session=inner)
        economy.prepare(inner)
        self.client = _client(session, place, _config(place))

    @override
    def ways(self) -> Mapping[str, Mapping[str, Task]]:
        return {}


class Boto3Default(Boto3):
    """boto3 with nothing set but where the service is, as most programs use it."""

    name = "boto3, default"

    @override
    def connect(self, place: Place) -> None:
        super().connect(place)
        self.client = _client(boto3.session.Session(), place, None)

    @override
    def tasks(self) -> Mapping[str, Task]:
        return {**super().tasks(), "stream": self._upload_plainly}

    @override
    def ways(self) -> Mapping[str, Mapping[str, Task]]:
        return {}

    def _upload_plainly(self) -> None:
        file: Any = self.stream()
        self.client.upload_fileobj(file, self.place.bucket, KEY)


def _client(session: boto3.session.Session, place: Place, config: Config | None) -> S3Client:
    client: S3Client = session.client(
        "s3",
        endpoint_url=place.endpoint,
        aws_access_key_id=place.access_key,
        aws_secret_access_key=place.secret_key,
        region_name=place.region,
        verify=place.ca_file,
        config=config,
    )
    return client


def _config(place: Place) -> Config:
    return Config(
        signature_version="s3v4",
        s3={"addressing_style": "path", "payload_signing_enabled": not place.secure},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        max_pool_connections=place.pool,
        retries={"mode": "standard", "total_max_attempts": place.retries + 1},
        connect_timeout=place.connect_timeout,
        read_timeout=place.read_timeout,
    )
