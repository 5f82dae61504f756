"""Other libraries on S3, as a program would use them. Each runs in a process of its own."""

from __future__ import annotations

import io
from collections.abc import Mapping
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from typing_extensions import override

from harness.contender import Contender, Place
from harness.nginx import object_of
from harness.rounds import Task

__all__ = ["PEERS"]

KEY = "written"


class S3fs(Contender):
    name = "s3fs"

    @override
    def connect(self, place: Place) -> None:
        self.files: Any = import_module("s3fs").S3FileSystem(
            key=place.access_key,
            secret=place.secret_key,
            endpoint_url=place.endpoint,
            client_kwargs={"region_name": place.region, "verify": place.ca_file},
            config_kwargs={"max_pool_connections": place.pool},
            use_listings_cache=False,
            skip_instance_cache=True,
        )

    @override
    def tasks(self) -> Mapping[str, Task]:
        files, bucket, sizes = self.files, self.place.bucket, self.sizes
        small, large = (f"{bucket}/{object_of(size)}" for size in (sizes.small, sizes.large))
        target = f"{bucket}/{KEY}"
        return {
            "put small": lambda: files.pipe_file(target, self.small),
            "get small": lambda: files.cat_file(small),
            "stat": lambda: files.info(small, refresh=True),
            "list": lambda: files.find(bucket, refresh=True),
            "put large": lambda: files.pipe_file(target, self.large, chunksize=sizes.large * 2),
            "get large": lambda: files.cat_file(large),
            "stream": self.pour(lambda: files.open(target, "wb", block_size=sizes.part)),
        }


class SmartOpen(Contender):
    name = "smart_open"

    @override
    def connect(self, place: Place) -> None:
        self.open: Any = import_module("smart_open").open
        self.client: Any = import_module("boto3").client(
            "s3",
            endpoint_url=place.endpoint,
            aws_access_key_id=place.access_key,
            aws_secret_access_key=place.secret_key,
            region_name=place.region,
            verify=place.ca_file,
        )

    @override
    def tasks(self) -> Mapping[str, Task]:
        small, large = object_of(self.sizes.small), object_of(self.sizes.large)
        return {
            "put small": lambda: self._write(self.small),
            "get small": lambda: self._read(small),
            "get large": lambda: self._read(large),
            "stream": self.pour(lambda: self._file(KEY, "wb", min_part_size=self.sizes.part)),
        }

    def _file(self, key: str, mode: str, **options: Any) -> Any:
        parameters = {"client": self.client, **options}
        return self.open(f"s3://{self.place.bucket}/{key}", mode, transport_params=parameters)

    def _read(self, key: str) -> bytes:
        with self._file(key, "rb", defer_seek=True) as file:
            content: bytes = file.read()
        return content

    def _write(self, data: bytes) -> None:
        with self._file(KEY, "wb", multipart_upload=False) as file:
            file.write(data)


class Minio(Contender):
    name = "minio"

    @override
    def connect(self, place: Place) -> None:
        urllib3: Any = import_module("urllib3")
        self.client: Any = import_module("minio").Minio(
            urlsplit(place.endpoint).netloc,
            access_key=place.access_key,
            secret_key=place.secret_key,
            secure=place.secure,
            region=place.region,
            http_client=urllib3.PoolManager(maxsize=place.pool, ca_certs=place.ca_file),
        )

    @override
    def tasks(self) -> Mapping[str, Task]:
        client, bucket, sizes = self.client, self.place.bucket, self.sizes
        small, large = object_of(sizes.small), object_of(sizes.large)
        return {
            "put small": lambda: client.put_object(
                bucket, KEY, io.BytesIO(self.small), sizes.small
            ),
            "get small": lambda: self._get(small),
            "stat": lambda: client.stat_object(bucket, small),
            "list": lambda: [*client.list_objects(bucket, recursive=True)],
            "get large": lambda: self._get(large),
            "stream": lambda: client.put_object(
                bucket,
                KEY,
                self.stream(),
                -1,
                part_size=sizes.part,
                num_parallel_uploads=sizes.threads,
            ),
        }

    def _get(self, key: str) -> bytes:
        answer = self.client.get_object(self.place.bucket, key)
        try:
            content: bytes = answer.read()
            return content
        finally:
            answer.close()
            answer.release_conn()


class Obstore(Contender):
    name = "obstore"

    @override
    def connect(self, place: Place) -> None:
        self.library: Any = import_module("obstore")
        self.store: Any = import_module("obstore.store").S3Store(
            place.bucket,
            endpoint=place.endpoint,
            access_key_id=place.access_key,
            secret_access_key=place.secret_key,
            region=place.region,
            # it takes no certificate of an authority of one's own
            client_options={"allow_http": True, "allow_invalid_certificates": True},
        )

    @override
    def tasks(self) -> Mapping[str, Task]:
        library, store, sizes = self.library, self.store, self.sizes
        small, large = object_of(sizes.small), object_of(sizes.large)
        return {
            "put small": lambda: library.put(store, KEY, self.small, use_multipart=False),
            "get small": lambda: bytes(library.get(store, small).bytes()),
            "stat": lambda: library.head(store, small),
            "list": lambda: library.list(store).collect(),
            "put large": lambda: library.put(store, KEY, self.large, use_multipart=False),
            "get large": lambda: bytes(library.get(store, large).bytes()),
            "stream": self.pour(
                lambda: library.open_writer(
                    store, KEY, buffer_size=sizes.part, max_concurrency=sizes.threads
                )
            ),
        }


class Opendal(Contender):
    name = "opendal"

    @override
    def connect(self, place: Place) -> None:
        if place.secure:
            raise NotImplementedError("takes no certificate of an authority of one's own")
        self.operator: Any = import_module("opendal").Operator(
            "s3",
            bucket=place.bucket,
            endpoint=place.endpoint,
            access_key_id=place.access_key,
            secret_access_key=place.secret_key,
            region=place.region,
        )

    @override
    def tasks(self) -> Mapping[str, Task]:
        operator, sizes = self.operator, self.sizes
        small, large = object_of(sizes.small), object_of(sizes.large)
        return {
            "put small": lambda: operator.write(KEY, self.small),
            "get small": lambda: operator.read(small),
            "stat": lambda: operator.stat(small),
            "list": lambda: [*operator.scan("")],
            "put large": lambda: operator.write(KEY, self.large),
            "get large": lambda: operator.read(large),
            "stream": self.pour(
                lambda: operator.open(KEY, "wb", chunk=sizes.part, concurrent=sizes.threads)
            ),
        }


PEERS: tuple[type[Contender], ...] = (S3fs, SmartOpen, Minio, Obstore, Opendal)
