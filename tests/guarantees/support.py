"""Places that other processes see, what is left there, and programs that are run in a process."""

import gc
import os
import subprocess
import sys
import textwrap
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from typing_extensions import override

from storewright import storage
from tests.guarantees.google_relay import Relay
from tests.roots import PYTHONPATH

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

__all__ = [
    "PATIENCE",
    "AzblobPlace",
    "CosPlace",
    "FsPlace",
    "GcsPlace",
    "MemoryPlace",
    "Place",
    "S3Place",
    "collected_at_the_end",
    "environment",
    "line_of",
    "start",
]

MIB = 1024 * 1024
PATIENCE = 300.0
"""Seconds after which a process will never end."""


class Place(Protocol):
    """An empty place, and what an independent witness finds there."""

    kind: str
    connection: str
    part_size: int
    """The smallest part in bytes that is allowed there; 512 KiB, as compressors hold some back."""

    @property
    def store(self) -> storage.Storager:
        """A store of this process."""
        ...

    def objects(self) -> dict[str, bytes]:
        """Every object, and its content."""
        ...

    def leftovers(self) -> list[str]:
        """Everything else: uploads, parts, temporary files, empty directories."""
        ...

    def remains(self) -> list[str]:
        """The same, after whatever clean-up the service wants to be asked for."""
        ...


@dataclass
class FsPlace:
    """A directory; the witness is the operating system."""

    folder: Path
    kind: str = "fs"
    part_size: int = MIB // 2

    @property
    def connection(self) -> str:
        return f"fs://{self.folder}"

    @property
    def store(self) -> storage.Storager:
        return storage.open(self.connection)

    def _files(self) -> list[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file() and not _hidden(path)]

    def objects(self) -> dict[str, bytes]:
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in self._files()}

    def leftovers(self) -> list[str]:
        files = self._files()
        around = {parent for path in files for parent in path.parents}
        return sorted(str(p) for p in self.folder.rglob("*") if p not in files and p not in around)

    def remains(self) -> list[str]:
        return self.leftovers()


def _hidden(path: Path) -> bool:
    return any(part.startswith(".storewright-") for part in path.parts)


@dataclass
class MemoryPlace:
    """A space of this process, seen through another store."""

    connection: str
    kind: str = "memory"
    part_size: int = MIB // 2

    @property
    def store(self) -> storage.Storager:
        return storage.open(self.connection)

    def objects(self) -> dict[str, bytes]:
        found = self.store.list("", list_mode=storage.ListMode.PREFIX)
        return {item.path: self.store.read_bytes(item.path) for item in found}

    def leftovers(self) -> list[str]:
        return [item.path for item in self.store.list("", list_mode=storage.ListMode.PART)]

    def remains(self) -> list[str]:
        return self.leftovers()


@dataclass
class S3Place:
    """A prefix in a bucket; the witness is the vendor's own client."""

    connection: str
    bucket: str
    prefix: str
    client: "S3Client"
    kind: str = "s3"
    part_size: int = 5 * MIB

    @property
    def store(self) -> storage.Storager:
        return storage.open(self.connection)

    def objects(self) -> dict[str, bytes]:
        answer = self.client.list_objects_v2(Bucket=self.bucket, Prefix=self.prefix)
        keys = [item.get("Key", "") for item in answer.get("Contents", ())]
        return {key.removeprefix(self.prefix): self._content(key) for key in keys}

    def _content(self, key: str) -> bytes:
        return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def leftovers(self) -> list[str]:
        answer = self.client.list_multipart_uploads(Bucket=self.bucket, Prefix=self.prefix)
        return [upload.get("UploadId", "") for upload in answer.get("Uploads", ())]

    def remains(self) -> list[str]:
        return self.leftovers()


@dataclass
class AzblobPlace:
    """A prefix in a container; the witness is the vendor's own client.

    Blocks of a failed write lie there unseen, until the next object of that name or for a week:
    only who asks for it has them thrown away before.
    """

    connection: str
    prefix: str
    client: Any
    kind: str = "azblob"
    part_size: int = MIB // 2

    @property
    def store(self) -> storage.Storager:
        return storage.open(self.connection)

    def objects(self) -> dict[str, bytes]:
        names = [blob.name for blob in self.client.list_blobs(name_starts_with=self.prefix)]
        return {n.removeprefix(self.prefix): self.client.download_blob(n).readall() for n in names}

    def leftovers(self) -> list[str]:
        return [blob.name for blob in self._listed() if self.blocks(blob.name)]

    def _listed(self) -> list[Any]:
        include = ["uncommittedblobs"]
        return [*self.client.list_blobs(name_starts_with=self.prefix, include=include)]

    def blocks(self, name: str) -> list[Any]:
        """The uncommitted blocks of a blob."""
        found: list[Any] = self.client.get_blob_client(name).get_block_list("uncommitted")[1]
        return found

    def remains(self) -> list[str]:
        with self.store as store:
            for item in store.list(list_mode=storage.ListMode.BLOCK):
                store.delete(item.path, object_mode=storage.ObjectMode.BLOCK)
        # Blocks beside an object go with the next one only, which nothing here may write.
        return [blob.name for blob in self._listed() if not blob.size and self.blocks(blob.name)]


@dataclass
class CosPlace:
    """A prefix in a bucket of the emulated COS; the witness is the vendor's own client."""

    connection: str
    bucket: str
    prefix: str
    client: Any
    kind: str = "cos"
    part_size: int = 2 * MIB

    @property
    def store(self) -> storage.Storager:
        return storage.open(self.connection)

    def objects(self) -> dict[str, bytes]:
        answer = self.client.list_objects(Bucket=self.bucket, Prefix=self.prefix)
        keys: list[str] = [item["Key"] for item in answer.get("Contents", ())]
        return {key.removeprefix(self.prefix): self._content(key) for key in keys}

    def _content(self, key: str) -> bytes:
        answer = self.client.get_object(Bucket=self.bucket, Key=key)
        content: bytes = answer["Body"].get_raw_stream().read()
        return content

    def leftovers(self) -> list[str]:
        answer = self.client.list_multipart_uploads(Bucket=self.bucket, Prefix=self.prefix)
        return [upload["UploadId"] for upload in answer.get("Upload", ())]

    def remains(self) -> list[str]:
        return self.leftovers()


@dataclass
class GcsPlace:
    """A prefix in a bucket of an emulator; the witness is the vendor's own client.

    Nobody can list resumable uploads, but the relay before the emulator sees them.
    """

    connection: str
    bucket: str
    prefix: str
    client: Any
    relay: Relay
    kind: str = "gcs"
    part_size: int = MIB

    @property
    def store(self) -> storage.Storager:
        return storage.open(self.connection)

    def objects(self) -> dict[str, bytes]:
        blobs = self.client.list_blobs(self.bucket, prefix=self.prefix)
        return {blob.name.removeprefix(self.prefix): blob.download_as_bytes() for blob in blobs}

    def leftovers(self) -> list[str]:
        return self.relay.sessions(self.prefix)

    def remains(self) -> list[str]:
        return self.leftovers()


def environment() -> dict[str, str]:
    """That of a program that sees this repository, and no options of the user."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "STOREWRIGHT_"))}
    return {**clean, "PYTHONPATH": PYTHONPATH}


class _Program(subprocess.Popen[str]):
    """A process that a test which has failed does not wait for."""

    @override
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        if error is not None:
            self.kill()
        super().__exit__(kind, error, where)


def start(program: str, *args: str | Path) -> "subprocess.Popen[str]":
    """Run ``program`` in an interpreter of its own."""
    return _Program(
        [sys.executable, "-c", textwrap.dedent(program), *map(str, args)],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def collected_at_the_end() -> Generator[None]:
    """What the block drops is finalized at its end, and by this thread.

    Elsewhere a thread that sends parts may be the one that collects, and abort later; and what
    other tests have dropped is not to be blamed on the block.
    """
    gc.disable()
    gc.freeze()
    try:
        yield
        gc.collect()
    finally:
        gc.unfreeze()
        gc.enable()


def line_of(process: "subprocess.Popen[str]") -> str:
    """The next line that the process prints; what went wrong if it ended instead."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.communicate(timeout=PATIENCE)[1]
    return line.rstrip("\n")
