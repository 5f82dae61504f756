"""S3's operations, in the order of the spec. What each does in detail is in a module of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from typing_extensions import override

from storewright.core.data import Data, SupportsWrite
from storewright.core.deadline import Deadline
from storewright.core.errors import ObjectModeInvalid, StorageError
from storewright.core.modes import LIST_MODES, OBJECT_MODES
from storewright.core.parts import Part, Segment
from storewright.core.streams import Target
from storewright.core.writer import write_through
from storewright.generated.objects import Fetch, Object
from storewright.generated.s3 import S3StorageBase
from storewright.generated.s3 import bindings as bind
from storewright.generated.s3 import options as opt
from storewright.services.s3 import errors, links, segments, uploads, writing
from storewright.services.s3.calls import within
from storewright.services.s3.client import Clients
from storewright.services.s3.encryption import with_customer_keys
from storewright.services.s3.listing import ObjectPages, PartPages, UploadPages, page_size
from storewright.services.s3.reading import Download
from storewright.services.s3.sink import Arguments, S3Sink, part_limits

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

__all__ = ["S3Storage"]

T = TypeVar("T")
_DIR: Final = OBJECT_MODES["dir"]
_READ: Final = OBJECT_MODES["read"]
_LINK: Final = OBJECT_MODES["link"]
_PART: Final = OBJECT_MODES["part"]


class S3Storage(S3StorageBase):
    """One bucket of S3, or a directory in it. See S3StorageBase for its options."""

    _vendor_errors = errors.VENDOR_ERRORS

    @override
    def _connect(self, options: opt.NewStorageOptions) -> None:
        self._bucket: str = options.name or ""
        self._clients = Clients(options)
        self._ledger = segments.Ledger()

    @property
    def client(self) -> S3Client:
        """The boto3 client, for what only S3 can do. It is this process's, and thread-safe."""
        return self._clients.get()

    def share(self, clients: Clients) -> None:
        """Use another's client; for the service that this storage comes from."""
        self._clients = clients

    @override
    def close(self) -> None:
        self._clients.close()

    @override
    def _map_error(self, error: Exception, op: str, path: str) -> StorageError:
        return errors.mapped(error)

    def _where(self, path: str, mode: int | None = None) -> dict[str, Any]:
        """What names an object in every call; that of a directory ends in a slash."""
        key = self._work_dir.object_key(path)
        if mode is not None and mode & _DIR and not key.endswith("/"):
            key += "/"
        return {"Bucket": self._bucket, "Key": key}

    def _upload(self, path: str, id: str | None) -> dict[str, Any]:
        """What names an upload in every call."""
        return {**self._where(path), "UploadId": id or ""}

    # ------------------------------------------------------------------------------- base storager

    @override
    def _create(self, path: str, options: opt.CreateOptions) -> Object:
        if options.multipart_id is not None:
            key = self._work_dir.object_key(path)
            return Object(path, key, _PART, multipart_id=options.multipart_id)
        where = self._where(path, options.object_mode)
        return Object(path, where["Key"], options.object_mode or _READ)

    @override
    def _delete(self, path: str, options: opt.DeleteOptions) -> None:
        with within(options.timeout):
            if options.multipart_id is not None:
                args = self._upload(path, options.multipart_id)
                uploads.abort(self.client, args | bind.delete_abort_multipart_upload(options))
            else:
                args = self._where(path, options.object_mode)
                self.client.delete_object(**args | bind.delete_delete_object(options))

    @override
    def _list(self, path: str, options: opt.ListOptions) -> Fetch[Object]:
        directory = options.list_mode == LIST_MODES["dir"]
        prefix = self._work_dir.list_prefix(path, directory)
        args: dict[str, Any] = {"Bucket": self._bucket, "Prefix": prefix}
        size = page_size(options.limit, options.continuation_token)
        fetch: Fetch[Object]
        if options.list_mode == LIST_MODES["part"]:
            pages = UploadPages(self._ask("list_multipart_uploads"), args | {"MaxUploads": size})
            fetch = pages.objects(self._work_dir)
        else:
            fetch = ObjectPages(
                self._ask("list_objects_v2"),
                args | {"MaxKeys": size},
                self._work_dir,
                flat=not directory,
                marked=self.features.virtual_dir,
            )
        return _timed(fetch, options.timeout)

    def _ask(self, name: str) -> Callable[..., Any]:
        """A vendor call of whichever client the process has by then."""

        def ask(**args: Any) -> Any:
            return getattr(self.client, name)(**args)

        return ask

    @override
    def _open_writer(self, path: str, options: opt.OpenWriterOptions) -> S3Sink:
        return self._sink(path, writing.arguments_of_writer(options), options.timeout)

    def _sink(self, path: str, arguments: Arguments, timeout: float | None) -> S3Sink:
        limits = part_limits(self._limits)
        return S3Sink(self._clients.get, self._where(path), limits, arguments, timeout)

    @override
    def _read(self, path: str, writer: SupportsWrite, options: opt.ReadOptions) -> int:
        deadline = _deadline(options.timeout)
        target = Target(writer, options.io_callback, deadline, op="read", service="s3", path=path)
        with within(deadline):
            for piece in self._download(path, options).pieces():
                target.write(piece)
        return target.written

    @override
    def _read_bytes(self, path: str, options: opt.ReadOptions) -> bytes:
        if options.io_callback is not None or options.timeout is not None:
            return super()._read_bytes(path, options)
        return self._download(path, options).whole()

    def _download(self, path: str, options: opt.ReadOptions) -> Download:
        where = self._where(path)
        get = where | with_customer_keys(bind.read_get_object(options))
        head = where | with_customer_keys(bind.read_head_object(options))
        return Download(self.client, get, head, options.offset, options.size)

    @override
    def _stat(self, path: str, options: opt.StatOptions) -> Object:
        with within(options.timeout):
            if options.multipart_id is not None:
                return self._stat_upload(path, options)
            where = self._where(path, options.object_mode)
            args = where | with_customer_keys(bind.stat_head_object(options))
            answer: Any = self.client.head_object(**args)
        return self._found(path, where["Key"], answer, options.object_mode)

    def _stat_upload(self, path: str, options: opt.StatOptions) -> Object:
        """An upload in progress: that its parts can be listed shows that it is there."""
        args = self._upload(path, options.multipart_id)
        self.client.list_parts(**args | bind.stat_list_parts(options), MaxParts=1)
        return Object(path, args["Key"], _PART, multipart_id=options.multipart_id)

    def _found(self, path: str, key: str, answer: Any, hint: int | None) -> Object:
        mode = _DIR if hint is not None and hint & _DIR else _READ
        item = bind.object_from_head_object(path, key, mode, answer)
        if self.features.virtual_link:
            links.as_link(item, self._work_dir)
        if hint is not None and not hint & item.mode:
            raise ObjectModeInvalid(expected=hint, actual=item.mode)
        return item

    @override
    def _write(self, path: str, data: Data, options: opt.WriteOptions) -> int:
        deadline = _deadline(options.timeout)
        source = writing.source_of(data, options, "write", path, deadline)
        arguments = writing.arguments_of_write(options)
        args = self._where(path) | arguments.put
        with within(deadline):
            if writing.put(self.client, args, data, source, options, deadline):
                return source.size or 0
        return write_through(
            self._sink(path, arguments, options.timeout),
            source,
            path=path,
            service="s3",
            timeout=options.timeout,
            map_error=lambda error: self._mapped_if_vendor(error, "write", path),
        )

    # ---------------------------------------------------------------------------- direr and linker

    @override
    def _create_dir(self, path: str, options: opt.CreateDirOptions) -> Object:
        where = self._where(path, _DIR)
        with within(options.timeout):
            self.client.put_object(**where, **bind.create_dir_put_object(options))
        return Object(path, where["Key"], _DIR)

    @override
    def _create_link(self, path: str, target: str, options: opt.CreateLinkOptions) -> Object:
        where = self._where(path)
        metadata = links.metadata_of(self._work_dir.object_key(target))
        with within(options.timeout):
            self.client.put_object(
                **where, **bind.create_link_put_object(options), Metadata=metadata
            )
        return Object(path, where["Key"], _LINK, link_target=target)

    # -------------------------------------------------------------------------------- multiparter

    @override
    def _create_multipart(self, path: str, options: opt.CreateMultipartOptions) -> Object:
        where = self._where(path)
        args = with_customer_keys(bind.create_multipart_create_multipart_upload(options))
        with within(options.timeout):
            answer = self.client.create_multipart_upload(**where | args)
        return Object(path, where["Key"], _PART, multipart_id=answer["UploadId"])

    @override
    def _write_multipart(
        self, object: Object, data: Data, index: int, options: opt.WriteMultipartOptions
    ) -> Part:
        deadline = _deadline(options.timeout)
        source = writing.source_of(data, options, "write_multipart", object.path, deadline)
        args = self._upload(object.path, object.multipart_id)
        args |= with_customer_keys(bind.write_multipart_upload_part(options))
        view = memoryview(source.read_all())
        with within(deadline):
            return uploads.upload_part(self.client, args, index, view)

    @override
    def _complete_multipart(
        self, object: Object, parts: Sequence[Part], options: opt.CompleteMultipartOptions
    ) -> None:
        args = self._upload(object.path, object.multipart_id)
        args |= with_customer_keys(bind.complete_multipart_complete_multipart_upload(options))
        with within(options.timeout):
            answer = uploads.complete(self.client, writing.if_new(args, options), parts)
        object.mode, object.multipart_id = _READ, None
        object.etag, object.version_id = answer.get("ETag"), answer.get("VersionId")

    @override
    def _list_multipart(self, object: Object, options: opt.ListMultipartOptions) -> Fetch[Part]:
        args = self._upload(object.path, object.multipart_id)
        args["MaxParts"] = page_size(options.limit, options.continuation_token)
        fetch = PartPages(self._ask("list_parts"), args | bind.list_multipart_list_parts(options))
        return _timed(fetch, options.timeout)

    # ---------------------------------------------------------------------------------- segmenter

    @override
    def _list_segments(self, path: str, options: opt.ListSegmentsOptions) -> Fetch[Segment]:
        size = page_size(options.limit, options.continuation_token)
        prefix = self._work_dir.list_prefix(path, directory=False)
        args = {"Bucket": self._bucket, "Prefix": prefix, "MaxUploads": size}
        pages = UploadPages(self._ask("list_multipart_uploads"), args)
        return _timed(pages.segments(self._work_dir), options.timeout)

    @override
    def _init_segment(self, path: str, options: opt.InitSegmentOptions) -> Segment:
        with within(options.timeout):
            answer = self.client.create_multipart_upload(**self._where(path))
        return Segment(path, answer["UploadId"])

    @override
    def _write_segment(
        self, segment: Segment, data: Data, offset: int, options: opt.WriteSegmentOptions
    ) -> int:
        deadline = _deadline(options.timeout)
        index = segments.index_at(offset, self._limits)
        source = writing.source_of(data, options, "write_segment", segment.path, deadline)
        view = memoryview(source.read_all())
        self._ledger.note(segment.id, index, offset)
        with within(deadline):
            args = self._upload(segment.path, segment.id)
            return uploads.upload_part(self.client, args, index, view).size

    @override
    def _complete_segment(self, segment: Segment, options: opt.CompleteSegmentOptions) -> None:
        args = self._upload(segment.path, segment.id)
        with within(options.timeout):
            parts = uploads.all_parts(self.client, args)
            self._ledger.check(segment.id, parts, self._limits)
            if not parts:  # an empty object is made of one empty part
                parts = [uploads.upload_part(self.client, args, 0, memoryview(b""))]
            uploads.complete(self.client, args, parts)
        self._ledger.forget(segment.id)

    @override
    def _abort_segment(self, segment: Segment, options: opt.AbortSegmentOptions) -> None:
        with within(options.timeout):
            uploads.abort(self.client, self._upload(segment.path, segment.id))
        self._ledger.forget(segment.id)


def _deadline(timeout: float | None) -> Deadline | None:
    return None if timeout is None else Deadline(timeout)


def _timed(fetch: Fetch[T], timeout: float | None) -> Fetch[T]:
    """``fetch`` with the time limit on each page: nobody knows when the next one is wanted."""
    if timeout is None:
        return fetch

    def timed(token: str | None) -> Any:
        with within(timeout):
            return fetch(token)

    return timed
