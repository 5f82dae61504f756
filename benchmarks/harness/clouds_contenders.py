"""Storewright and the vendors' SDKs on Azure and Google, with the same settings."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

from typing_extensions import override

from harness.contender import Contender, Place
from harness.nginx import object_of
from harness.nginx_clouds import ACCOUNT
from harness.rounds import Task
from storewright import storage
from storewright.services.azblob import AzblobStorage
from storewright.services.gcs import GcsStorage

__all__ = [
    "KEY",
    "AzureSdk",
    "GoogleSdk",
    "StorewrightAzure",
    "StorewrightCloud",
    "StorewrightGoogle",
]

KEY = "written"


class StorewrightCloud(Contender):
    """Storewright on a store that a subclass opens."""

    name = "storewright"
    store: storage.Storager

    @override
    def tasks(self) -> Mapping[str, Task]:
        store, small = self.store, object_of(self.sizes.small)
        return {
            "put small": lambda: store.write(KEY, self.small),
            "get small": lambda: store.read_bytes(small),
            "stat": lambda: store.stat(small),
            "stream": self._stream,
        }

    def _stream(self) -> None:
        source, sizes = self.stream(), self.sizes
        with self.store.open_writer(KEY, part_size=sizes.part, concurrency=sizes.threads) as writer:
            while chunk := source.read(sizes.chunk):
                writer.write(chunk)


class StorewrightAzure(StorewrightCloud):
    """Storewright on Azure."""

    @override
    def connect(self, place: Place) -> None:
        self.store = AzblobStorage(
            name=place.bucket,
            endpoint=place.endpoint,
            credential=f"hmac:{ACCOUNT}:{base64.b64encode(place.secret_key.encode()).decode()}",
            ca_bundle=place.ca_file,
            pool_size=place.pool,
            max_retries=place.retries,
            connect_timeout=place.connect_timeout,
            read_timeout=place.read_timeout,
        )


class StorewrightGoogle(StorewrightCloud):
    """Storewright on Google."""

    @override
    def connect(self, place: Place) -> None:
        self.store = GcsStorage(
            name=place.bucket,
            endpoint=place.endpoint,
            credential="anonymous",
            project_id="bench",
            ca_bundle=place.ca_file,
            pool_size=place.pool,
            connect_timeout=place.connect_timeout,
            read_timeout=place.read_timeout,
        )


class AzureSdk(Contender):
    """azure-storage-blob, called in the cheapest ways that it has."""

    name = "azure-storage-blob"

    @override
    def connect(self, place: Place) -> None:
        blob: Any = import_module("azure.storage.blob")
        key = base64.b64encode(place.secret_key.encode()).decode()
        self.pool = ThreadPoolExecutor(self.sizes.threads)
        service: Any = blob.BlobServiceClient(
            place.endpoint,
            credential={"account_name": ACCOUNT, "account_key": key},
            connection_verify=place.ca_file,
            connection_timeout=place.connect_timeout,
            read_timeout=place.read_timeout,
            connection_data_block_size=self.sizes.chunk,
            max_single_get_size=1 << 40,
            max_single_put_size=1 << 40,
            max_block_size=self.sizes.part,
            retry_total=place.retries,
        )
        container = service.get_container_client(place.bucket)
        self.kind: Any = blob.BlobBlock
        self.target: Any = container.get_blob_client(KEY)
        self.source: Any = container.get_blob_client(object_of(self.sizes.small))

    @override
    def tasks(self) -> Mapping[str, Task]:
        target, source = self.target, self.source
        return {
            "put small": lambda: target.upload_blob(self.small, overwrite=True),
            "get small": lambda: source.download_blob().readall(),
            "stat": lambda: source.get_blob_properties(),  # noqa: PLW0108 - as in the other rows
            "stream": self._upload,
        }

    @override
    def ways(self) -> Mapping[str, Mapping[str, Task]]:
        return {"stream": {"azure-storage-blob, stage_block": self._stage}}

    def _upload(self) -> None:
        self.target.upload_blob(
            self.stream(),
            overwrite=True,
            max_concurrency=self.sizes.threads,
        )

    def _stage(self) -> None:
        source, ids, sent = self.stream(), list[str](), list[Any]()
        while data := source.read(self.sizes.part):
            ids.append(f"{len(ids):08}")
            if len(sent) >= self.sizes.threads:
                sent.pop(0).result()
            sent.append(self.pool.submit(self.target.stage_block, ids[-1], data))
        for call in sent:
            call.result()
        self.target.commit_block_list([self.kind(block_id=block) for block in ids])


class GoogleSdk(Contender):
    """google-cloud-storage, called in the cheapest ways that it has."""

    name = "google-cloud-storage"

    @override
    def connect(self, place: Place) -> None:
        library: Any = import_module("google.cloud.storage")
        credentials: Any = import_module("google.auth.credentials")
        requests: Any = import_module("google.auth.transport.requests")
        adapter: Any = import_module("requests.adapters").HTTPAdapter
        anonymous = credentials.AnonymousCredentials()
        session = requests.AuthorizedSession(anonymous)
        session.verify = place.ca_file
        os.environ["REQUESTS_CA_BUNDLE"] = place.ca_file  # requests prefers it
        for scheme in ("http://", "https://"):
            session.mount(scheme, adapter(pool_connections=place.pool, pool_maxsize=place.pool))
        self.bucket: Any = library.Client(
            project="bench",
            credentials=anonymous,
            client_options={"api_endpoint": place.endpoint},
            _http=session,
        ).bucket(place.bucket)

    @override
    def tasks(self) -> Mapping[str, Task]:
        blob, small = self.bucket.blob, object_of(self.sizes.small)
        return {
            "put small": lambda: blob(KEY).upload_from_string(self.small),
            "get small": lambda: blob(small).download_as_bytes(),
            "stat": lambda: blob(small).reload(),
            # the stub cannot tell the CRC32C, and the SDK does not go on without being told
            "stream": self.pour(
                lambda: blob(KEY).open("wb", chunk_size=self.sizes.part, checksum=None)
            ),
        }
