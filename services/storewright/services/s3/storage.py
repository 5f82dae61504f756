"""S3's operations, in the order of the spec. What each does in detail is in a module of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from typing_extensions import override

from storewright.core.bodies import MemoryBody
from storewright.core.data import Data, SupportsWrite
from storewright.core.deadline import Deadline, within
from storewright.core.digests import Md5Check
from storewright.core.errors import ObjectModeInvalid, StorageError
from storewright.core.listing import page_size
from storewright.core.modes import LIST_MODES, OBJECT_MODES
from storewright.core.parts import Part, Segment, SignedRequest
from storewright.core.ranged import range_header
from storewright.core.streams import Target
from storewright.core.writer import write_through
from storewright.core.written import source_of
from storewright.generated.objects import Fetch, Object
from storewright.generated.s3 import S3StorageBase
from storewright.generated.s3 import bindings as bind
from storewright.generated.s3 import options as opt
from storewright.services.s3 import batch, copying, errors, segments, signing, uploads
from storewright.services.s3 import listing as lists
from storewright.services.s3 import writing as writes
from storewright.services.s3.client import Clients
from storewright.services.s3.confirming import Demands, put_object
from storewright.services.s3.encryption import with_customer_keys as keyed
from storewright.services.s3.links import LINKS
from storewright.services.s3.place import Place
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
        self._clients = Clients(options)
        self._place = Place(options.name or "", self._work_dir, self._clients)
        self._ledger = segments.Ledger()
        self._demands = Demands()

    @property
    def client(self) -> S3Client:
        """The boto3 client, for what only S3 can do. It is this process's, and thread-safe."""
        return self._place.client

    def share(self, clients: Clients) -> None:
        """Use another's client; for the service that this storage comes from."""
        self._clients = self._place.clients = clients

    @override
    def close(self) -> None:
        self._clients.close()

    @override
    def _map_error(self, error: Exception, op: str, path: str) -> StorageError:
        return errors.mapped(error)

    # ------------------------------------------------------------------------------- base storager

    @override
    def _create(self, path: str, options: opt.CreateOptions) -> Object:
        if options.multipart_id is not None:
            return Object(path, self._place.key(path), _PART, multipart_id=options.multipart_id)
        key = self._place.key(path, options.object_mode)
        return Object(path, key, options.object_mode or _READ)

    @override
    def _delete(self, path: str, options: opt.DeleteOptions) -> None:
        with within(options.timeout):
            if options.multipart_id is not None:
                args = self._place.upload(path, options.multipart_id)
                uploads.abort(self.client, args | bind.delete_abort_multipart_upload(options))
                self._demands.forget(options.multipart_id)
            else:
                args = self._place.object(path, options.object_mode)
                self.client.delete_object(**args | bind.delete_delete_object(options))

    @override
    def _list(self, path: str, options: opt.ListOptions) -> Fetch[Object]:
        directory = options.list_mode == LIST_MODES["dir"]
        place, size = self._place, page_size(options.limit, options.continuation_token, lists.PAGE)
        prefix = place.work_dir.list_prefix(path, directory)
        args: dict[str, Any] = {"Bucket": place.bucket, "Prefix": prefix}
        if options.list_mode == LIST_MODES["part"]:
            args |= {"MaxUploads": size} | bind.list_list_multipart_uploads(options)
            uploading = lists.UploadPages(place.call("list_multipart_uploads"), args)
            return _timed(uploading.objects(place.work_dir), options.timeout)
        args |= {"MaxKeys": size} | bind.list_list_objects_v2(options)
        pages = lists.VersionPages if options.list_versions else lists.ObjectPages
        call = "list_object_versions" if options.list_versions else "list_objects_v2"
        marked = self.features.virtual_dir
        fetch = pages(place.call(call), args, place.work_dir, directory=directory, marked=marked)
        return _timed(fetch, options.timeout)

    @override
    def _open_writer(self, path: str, options: opt.OpenWriterOptions) -> S3Sink:
        self._clients.expect(options.concurrency)
        return self._sink(path, writes.arguments_of_writer(options), options.timeout)

    def _sink(
        self,
        path: str,
        arguments: Arguments,
        timeout: float | None,
        check: Md5Check | None = None,
    ) -> S3Sink:
        limits, where = part_limits(self._limits), self._place.object(path)
        return S3Sink(self._clients.get, where, limits, arguments, timeout, check)

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
        where = self._place.object(path)
        get = where | _checked(keyed(bind.read_get_object(options)), options.checksum_enabled)
        head = where | keyed(bind.read_head_object(options))
        return Download(self.client, get, head, options.offset, options.size)

    @override
    def _stat(self, path: str, options: opt.StatOptions) -> Object:
        with within(options.timeout):
            if options.multipart_id is not None:
                return self._stat_upload(path, options)
            where = self._place.object(path, options.object_mode)
            args = _checked(keyed(bind.stat_head_object(options)), options.checksum_enabled)
            answer: Any = self.client.head_object(**where | args)
        return self._found(path, where["Key"], answer, options.object_mode)

    def _stat_upload(self, path: str, options: opt.StatOptions) -> Object:
        """An upload in progress: that its parts can be listed shows that it is there."""
        args = self._place.upload(path, options.multipart_id)
        self.client.list_parts(**args | keyed(bind.stat_list_parts(options)), MaxParts=1)
        return Object(path, args["Key"], _PART, multipart_id=options.multipart_id)

    def _found(self, path: str, key: str, answer: Any, hint: int | None) -> Object:
        mode = _DIR if hint is not None and hint & _DIR else _READ
        item = bind.object_from_head_object(path, key, mode, answer)
        if self.features.virtual_link:
            LINKS.as_link(item, self._work_dir)
        if hint is not None and not hint & item.mode:
            raise ObjectModeInvalid(expected=hint, actual=item.mode)
        return item

    @override
    def _write(self, path: str, data: Data, options: opt.WriteOptions) -> int:
        deadline = _deadline(options.timeout)
        check = None if options.content_md5 is None else Md5Check(options.content_md5)
        source = source_of(data, options, "s3", "write", path, deadline, check)
        if source.view is not None:
            args = writes.put_arguments(options)
            return self._put(path, memoryview(source.read_all()), args, deadline)
        return write_through(
            self._sink(path, writes.arguments_of_write(options), options.timeout, check),
            source,
            path=path,
            service="s3",
            timeout=options.timeout,
            map_error=lambda error: self._mapped_if_vendor(error, "write", path),
        )

    def _put(
        self, path: str, view: memoryview, args: dict[str, Any], deadline: Deadline | None
    ) -> int:
        body: Any = MemoryBody(view)
        args = self._place.object(path) | args
        with within(deadline), errors.exclusive(args):
            put_object(self.client, args | {"Body": body})
        return view.nbytes

    # -------------------------------------------------------------------- batch_deleter and copier

    @override
    def _delete_batch(self, paths: Sequence[str], options: opt.DeleteBatchOptions) -> int:
        keys = {path: self._place.key(path) for path in paths}
        args = bind.delete_batch_delete_objects(options)
        most = self._limits.delete_batch_maximum or 1
        with within(options.timeout):
            batch.delete_all(self.client, self._place.bucket, keys, args, most)
        return len(keys)

    @override
    def _copy(self, src: str, dst: str, options: opt.CopyOptions) -> None:
        source, target = self._place.object(src), self._place.object(dst)
        if options.copy_source_version_id is not None:
            source["VersionId"] = options.copy_source_version_id
        args = writes.if_new(keyed(bind.copy_copy_object(options)), options.if_not_exists)
        part_args = keyed(bind.copy_upload_part_copy(options))
        deadline = _deadline(options.timeout)
        with within(deadline):
            copying.copy(self.client, source, target, args, part_args, self._limits, deadline)

    # ------------------------------------------------------------------------------------ simulated

    @override
    def _create_dir(self, path: str, options: opt.CreateDirOptions) -> Object:
        where = self._place.object(path, _DIR)
        with within(options.timeout):
            put_object(self.client, where | keyed(bind.create_dir_put_object(options)))
        return Object(path, where["Key"], _DIR)

    @override
    def _create_link(self, path: str, target: str, options: opt.CreateLinkOptions) -> Object:
        where = self._place.object(path)
        target_key = self._place.key(target)
        args = keyed(bind.create_link_put_object(options))
        args["Metadata"] = LINKS.metadata_of(target_key)
        with within(options.timeout):
            put_object(self.client, where | args)
        return Object(path, where["Key"], _LINK, link_target=self._work_dir.path(target_key))

    @override
    def _move(self, src: str, dst: str, options: opt.MoveOptions) -> None:
        source, target = self._place.object(src), self._place.object(dst)
        args = keyed(bind.move_copy_object(options))
        part_args = keyed(bind.move_upload_part_copy(options))
        deadline = _deadline(options.timeout)
        with within(deadline):
            copying.copy(self.client, source, target, args, part_args, self._limits, deadline)
            if source != target:
                self.client.delete_object(**source | bind.move_delete_object(options))

    # --------------------------------------------------------------------------------- multiparter

    @override
    def _create_multipart(self, path: str, options: opt.CreateMultipartOptions) -> Object:
        where = self._place.object(path)
        args = keyed(bind.create_multipart_create_multipart_upload(options))
        with within(options.timeout):
            upload_id, missing = uploads.begin(self.client, where | args)
        self._demands.expect(upload_id, missing)
        return Object(path, where["Key"], _PART, multipart_id=upload_id)

    @override
    def _write_multipart(
        self, object: Object, data: Data, index: int, options: opt.WriteMultipartOptions
    ) -> Part:
        deadline = _deadline(options.timeout)
        args = self._place.upload(object.path, object.multipart_id)
        args |= keyed(bind.write_multipart_upload_part(options))
        source = source_of(data, options, "s3", "write_multipart", object.path, deadline)
        content = source.read_all()
        demanded = {**args, **self._demands.of(object.multipart_id)}
        with within(deadline):
            return uploads.upload_part(self.client, args, index, content, demanded)

    @override
    def _complete_multipart(
        self, object: Object, parts: Sequence[Part], options: opt.CompleteMultipartOptions
    ) -> None:
        args = self._place.upload(object.path, object.multipart_id)
        args |= keyed(bind.complete_multipart_complete_multipart_upload(options))
        with within(options.timeout):
            args = writes.if_new(args, options.if_not_exists)
            answer = uploads.complete(self.client, args, parts)
        self._demands.forget(object.multipart_id)
        object.mode, object.multipart_id = _READ, None
        object.etag, object.version_id = answer.get("ETag"), answer.get("VersionId")

    @override
    def _list_multipart(self, object: Object, options: opt.ListMultipartOptions) -> Fetch[Part]:
        args = self._place.upload(object.path, object.multipart_id)
        args["MaxParts"] = page_size(options.limit, options.continuation_token, lists.PAGE)
        args |= keyed(bind.list_multipart_list_parts(options))
        return _timed(lists.PartPages(self._place.call("list_parts"), args), options.timeout)

    # ----------------------------------------------------------------------------------- segmenter

    @override
    def _list_segments(self, path: str, options: opt.ListSegmentsOptions) -> Fetch[Segment]:
        place, size = self._place, page_size(options.limit, options.continuation_token, lists.PAGE)
        prefix = place.work_dir.list_prefix(path, directory=False)
        args: dict[str, Any] = {"Bucket": place.bucket, "Prefix": prefix, "MaxUploads": size}
        args |= bind.list_segments_list_multipart_uploads(options)
        pages = lists.UploadPages(place.call("list_multipart_uploads"), args)
        return _timed(pages.segments(place.work_dir), options.timeout)

    @override
    def _init_segment(self, path: str, options: opt.InitSegmentOptions) -> Segment:
        args = keyed(bind.init_segment_create_multipart_upload(options))
        with within(options.timeout):
            upload_id, missing = uploads.begin(self.client, self._place.object(path) | args)
        self._demands.expect(upload_id, missing)
        return Segment(path, upload_id)

    @override
    def _write_segment(
        self, segment: Segment, data: Data, offset: int, options: opt.WriteSegmentOptions
    ) -> int:
        deadline = _deadline(options.timeout)
        index = segments.index_at(offset, self._limits)
        source = source_of(data, options, "s3", "write_segment", segment.path, deadline)
        content = source.read_all()
        args = self._place.upload(segment.path, segment.id)
        args |= keyed(bind.write_segment_upload_part(options))
        self._ledger.note(segment.id, index, offset)
        demanded = {**args, **self._demands.of(segment.id)}
        with within(deadline):
            part = uploads.upload_part(self.client, args, index, content, demanded)
        self._ledger.stored(segment.id, part)
        return part.size

    @override
    def _complete_segment(self, segment: Segment, options: opt.CompleteSegmentOptions) -> None:
        where = self._place.upload(segment.path, segment.id)
        args = where | keyed(bind.complete_segment_complete_multipart_upload(options))
        part_args = where | keyed(bind.complete_segment_upload_part(options))
        list_args = where | keyed(bind.complete_segment_list_parts(options))
        with within(options.timeout):
            parts = self._ledger.latest(segment.id, uploads.all_parts(self.client, list_args))
            self._ledger.check(segment.id, parts, self._limits)
            if not parts:  # an empty object is made of one empty part
                parts = [uploads.upload_part(self.client, part_args, 0, b"")]
            uploads.complete(self.client, writes.if_new(args, options.if_not_exists), parts)
        self._ledger.forget(segment.id)
        self._demands.forget(segment.id)

    @override
    def _abort_segment(self, segment: Segment, options: opt.AbortSegmentOptions) -> None:
        args = self._place.upload(segment.path, segment.id)
        with within(options.timeout):
            uploads.abort(self.client, args | bind.abort_segment_abort_multipart_upload(options))
        self._ledger.forget(segment.id)
        self._demands.forget(segment.id)

    # ------------------------------------------------------------------------- reacher and signers

    @override
    def _reach(self, path: str, expire: float, options: opt.ReachOptions) -> str:
        args = self._place.object(path) | bind.reach_get_object(options)
        return self._sign("get_object", args, expire, options).url

    def _sign(
        self, call: str, args: dict[str, Any], expire: float, options: Any, body: bytes = b""
    ) -> SignedRequest:
        with within(options.timeout):  # temporary credentials may have to be renewed
            return signing.sign(self.client, call, args, expire, body)

    @override
    def _query_sign_http_read(
        self, path: str, expire: float, options: opt.QuerySignHttpReadOptions
    ) -> SignedRequest:
        args = self._place.object(path) | keyed(bind.query_sign_http_read_get_object(options))
        span = range_header(options.offset or 0, options.size)
        return self._sign("get_object", args | ({"Range": span} if span else {}), expire, options)

    @override
    def _query_sign_http_write(
        self, path: str, expire: float, options: opt.QuerySignHttpWriteOptions
    ) -> SignedRequest:
        args = self._place.object(path) | keyed(bind.query_sign_http_write_put_object(options))
        args = _sized(writes.if_new(args, options.if_not_exists), options.size)
        return self._sign("put_object", args, expire, options)

    @override
    def _query_sign_http_delete(
        self, path: str, expire: float, options: opt.QuerySignHttpDeleteOptions
    ) -> SignedRequest:
        if options.multipart_id is not None:
            args = self._place.upload(path, options.multipart_id)
            args |= bind.query_sign_http_delete_abort_multipart_upload(options)
            return self._sign("abort_multipart_upload", args, expire, options)
        args = self._place.object(path) | bind.query_sign_http_delete_delete_object(options)
        return self._sign("delete_object", args, expire, options)

    @override
    def _query_sign_http_create_multipart(
        self, path: str, expire: float, options: opt.QuerySignHttpCreateMultipartOptions
    ) -> SignedRequest:
        args = keyed(bind.query_sign_http_create_multipart_create_multipart_upload(options))
        args |= self._place.object(path)
        return self._sign("create_multipart_upload", args, expire, options)

    @override
    def _query_sign_http_write_multipart(
        self,
        object: Object,
        index: int,
        expire: float,
        options: opt.QuerySignHttpWriteMultipartOptions,
    ) -> SignedRequest:
        args = self._place.upload(object.path, object.multipart_id)
        args |= keyed(bind.query_sign_http_write_multipart_upload_part(options))
        args = _sized({**args, "PartNumber": index + 1}, options.size)
        return self._sign("upload_part", args, expire, options)

    @override
    def _query_sign_http_list_multipart(
        self, object: Object, expire: float, options: opt.QuerySignHttpListMultipartOptions
    ) -> SignedRequest:
        args = self._place.upload(object.path, object.multipart_id)
        args |= bind.query_sign_http_list_multipart_list_parts(options)
        return self._sign("list_parts", args, expire, options)

    @override
    def _query_sign_http_complete_multipart(
        self,
        object: Object,
        parts: Sequence[Part],
        expire: float,
        options: opt.QuerySignHttpCompleteMultipartOptions,
    ) -> SignedRequest:
        args = self._place.upload(object.path, object.multipart_id)
        args |= bind.query_sign_http_complete_multipart_complete_multipart_upload(options)
        args, body = writes.if_new(args, options.if_not_exists), signing.complete_body(parts)
        return self._sign("complete_multipart_upload", args, expire, options, body)


def _deadline(timeout: float | None) -> Deadline | None:
    return None if timeout is None else Deadline(timeout)


def _checked(args: dict[str, Any], enabled: bool | None) -> dict[str, Any]:
    return {**args, "ChecksumMode": "ENABLED"} if enabled else args


def _sized(args: dict[str, Any], size: int | None) -> dict[str, Any]:
    """``args`` with the length that the sender is bound to."""
    return args if size is None else {**args, "ContentLength": size}


def _timed(fetch: Fetch[T], timeout: float | None) -> Fetch[T]:
    """``fetch`` with the time limit on each page: nobody knows when the next one is wanted."""
    if timeout is None:
        return fetch

    def timed(token: str | None) -> Any:
        with within(timeout):
            return fetch(token)

    return timed
