"""COS's operations, in the order of the spec. How each does it is in a module of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from typing_extensions import override

from storewright.core.data import Data, SupportsWrite
from storewright.core.deadline import Deadline, within
from storewright.core.digests import Md5Check
from storewright.core.errors import ObjectModeInvalid, StorageError
from storewright.core.listing import page_size
from storewright.core.modes import LIST_MODES, OBJECT_MODES
from storewright.core.parts import Part, SignedRequest
from storewright.core.ranged import range_header
from storewright.core.streams import Target
from storewright.core.writer import write_through
from storewright.core.written import source_of
from storewright.generated.cos import CosStorageBase
from storewright.generated.cos import bindings as bind
from storewright.generated.cos import options as opt
from storewright.generated.objects import Fetch, Object
from storewright.services.cos import batch, copying, documents, errors, signing, uploads
from storewright.services.cos import listing as lists
from storewright.services.cos import writing as writes
from storewright.services.cos.appending import Turns
from storewright.services.cos.arguments import said
from storewright.services.cos.bodies import body_of, md5_of
from storewright.services.cos.calls import headers_of
from storewright.services.cos.client import Clients
from storewright.services.cos.links import LINKS
from storewright.services.cos.place import Place
from storewright.services.cos.reading import Download
from storewright.services.cos.sink import Arguments, CosSink, part_limits

__all__ = ["CosStorage"]

T = TypeVar("T")
_DIR: Final = OBJECT_MODES["dir"]
_READ: Final = OBJECT_MODES["read"]
_LINK: Final = OBJECT_MODES["link"]
_PART: Final = OBJECT_MODES["part"]
_APPEND: Final = OBJECT_MODES["append"]


class CosStorage(CosStorageBase):
    """One bucket of COS, or a directory in it. See CosStorageBase for its options."""

    _vendor_errors = errors.VENDOR_ERRORS

    @override
    def _connect(self, options: opt.NewStorageOptions) -> None:
        self._clients = Clients(options)
        self._place = Place(options.name or "", self._work_dir, self._clients)
        self._turns = Turns()

    @property
    def client(self) -> Any:
        """The CosS3Client, for what only COS can do. It is this process's, and thread-safe."""
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
                uploads.abort(self.client, self._place.upload(path, options.multipart_id))
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
            ask, args = place.call("list_multipart_uploads"), {**args, "MaxUploads": size}
            return _timed(lists.UploadPages(ask, args, place.work_dir), options.timeout)
        args["MaxKeys"] = size
        pages = lists.VersionPages if options.list_versions else lists.ObjectPages
        ask = place.call("list_objects_versions") if options.list_versions else self._list_objects
        marked = self.features.virtual_dir
        fetch = pages(ask, args, place.work_dir, directory=directory, marked=marked)
        return _timed(fetch, options.timeout)

    def _list_objects(self, **args: Any) -> Mapping[str, Any]:
        return documents.list_objects(self.client, args)

    @override
    def _open_writer(self, path: str, options: opt.OpenWriterOptions) -> CosSink:
        return self._sink(path, writes.arguments_of_writer(options), options.timeout)

    def _sink(
        self,
        path: str,
        arguments: Arguments,
        timeout: float | None,
        check: Md5Check | None = None,
    ) -> CosSink:
        limits, where, clients = part_limits(self._limits), self._place.object(path), self._clients
        digests = clients.checks
        return CosSink(clients.get, where, limits, arguments, timeout, check, digests=digests)

    @override
    def _read(self, path: str, writer: SupportsWrite, options: opt.ReadOptions) -> int:
        deadline = _deadline(options.timeout)
        target = Target(writer, options.io_callback, deadline, op="read", service="cos", path=path)
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
        get = where | said(bind.read_get_object(options))
        head = where | said(bind.read_head_object(options)) if options.size == 0 else {}
        return Download(self.client, get, head, options.offset, options.size, options.extra)

    @override
    def _stat(self, path: str, options: opt.StatOptions) -> Object:
        with within(options.timeout):
            if options.multipart_id is not None:
                return self._stat_upload(path, options)
            where = self._place.object(path, options.object_mode)
            answer = self.client.head_object(**where | said(bind.stat_head_object(options)))
        return self._found(path, where["Key"], headers_of(answer), options.object_mode)

    def _stat_upload(self, path: str, options: opt.StatOptions) -> Object:
        """An upload in progress: that its parts can be listed shows that it is there."""
        args = self._place.upload(path, options.multipart_id)
        self.client.list_parts(**args | said(bind.stat_list_parts(options)), MaxParts=1)
        return Object(path, args["Key"], _PART, multipart_id=options.multipart_id)

    def _found(self, path: str, key: str, answer: dict[str, Any], hint: int | None) -> Object:
        mode = _DIR if hint is not None and hint & _DIR else _READ
        mode |= _APPEND if "append-offset" in answer else 0
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
        source = source_of(data, options, "cos", "write", path, deadline, check)
        if source.view is not None:
            args = said(bind.write_put_object(options), options.extra)
            return self._put(path, memoryview(source.read_all()), args, deadline)
        return write_through(
            self._sink(path, writes.arguments_of_write(options), options.timeout, check),
            source,
            path=path,
            service="cos",
            timeout=options.timeout,
            map_error=lambda error: self._mapped_if_vendor(error, "write", path),
        )

    def _put(
        self, path: str, view: memoryview, args: dict[str, Any], deadline: Deadline | None
    ) -> int:
        args = self._place.object(path) | args
        if self._clients.checks and "ContentMD5" not in args:
            args["ContentMD5"] = md5_of(view)
        with within(deadline):
            self.client.put_object(**args, Body=body_of(view))
        return view.nbytes

    # ------------------------------------------------------------------------------------ appender

    @override
    def _create_append(self, path: str, options: opt.CreateAppendOptions) -> Object:
        """COS appends to nothing but what an append began, so what is there must go first."""
        where = self._place.object(path)
        args = said(bind.create_append_append_object(options))
        with within(options.timeout), self._turns.of(where["Key"]):
            self.client.delete_object(**where)
            self.client.append_object(**where | args, Position=0, Data=b"")
        return Object(path, where["Key"], _READ | _APPEND, append_offset=0)

    @override
    def _write_append(self, object: Object, data: Data, options: opt.WriteAppendOptions) -> int:
        deadline = _deadline(options.timeout)
        where = self._place.object(object.path)
        args = said(bind.write_append_append_object(options))
        source = source_of(data, options, "cos", "write_append", object.path, deadline)
        content = source.read_all()
        if self._clients.checks and "ContentMD5" not in args:
            args["ContentMD5"] = md5_of(content)
        with within(deadline), self._turns.of(where["Key"]):
            position = self._end_of(object, where)
            if len(content):
                args = where | args | {"Position": position, "Data": body_of(content)}
                answer = headers_of(self.client.append_object(**args))
                position = answer.get("x-cos-next-append-position", position + len(content))
            object.append_offset = position
        return len(content)

    def _end_of(self, object: Object, where: dict[str, Any]) -> int:
        if object.append_offset is not None:
            return object.append_offset
        length: int = headers_of(self.client.head_object(**where))["content-length"]
        return length

    @override
    def _commit_append(self, object: Object, options: opt.CommitAppendOptions) -> None:
        """Every append is visible at once."""

    # -------------------------------------------------------------------- batch_deleter and copier

    @override
    def _delete_batch(self, paths: Sequence[str], options: opt.DeleteBatchOptions) -> int:
        keys = {path: self._place.key(path) for path in paths}
        most = self._limits.delete_batch_maximum or 1
        with within(options.timeout):
            batch.delete_all(self.client, self._place.bucket, keys, most)
        return len(keys)

    @override
    def _copy(self, src: str, dst: str, options: opt.CopyOptions) -> None:
        source = self._place.source(src, options.copy_source_version_id)
        args = bind.copy_copy_object(options)
        self._copied(source, dst, args, bind.copy_upload_part_copy(options), options.timeout)

    def _copied(
        self,
        source: dict[str, Any],
        dst: str,
        args: dict[str, Any],
        part_args: dict[str, Any],
        timeout: float | None,
    ) -> None:
        target, deadline = self._place.object(dst), _deadline(timeout)
        with within(deadline):
            copying.copy(self.client, source, target, args, part_args, self._limits, deadline)

    # ------------------------------------------------------------------------------------ simulated

    @override
    def _create_dir(self, path: str, options: opt.CreateDirOptions) -> Object:
        args = said(bind.create_dir_put_object(options))
        where = self._place.object(path, _DIR)
        with within(options.timeout):
            self.client.put_object(**where | args, Body=b"")
        return Object(path, where["Key"], _DIR)

    @override
    def _create_link(self, path: str, target: str, options: opt.CreateLinkOptions) -> Object:
        where = self._place.object(path)
        target_key = self._place.key(target)
        metadata = {"Metadata": LINKS.metadata_of(target_key)}
        args = said(bind.create_link_put_object(options) | metadata)
        with within(options.timeout):
            self.client.put_object(**where | args, Body=b"")
        return Object(path, where["Key"], _LINK, link_target=self._work_dir.path(target_key))

    @override
    def _move(self, src: str, dst: str, options: opt.MoveOptions) -> None:
        deadline = _deadline(options.timeout)
        args, part_args = bind.move_copy_object(options), bind.move_upload_part_copy(options)
        source, target = self._place.source(src), self._place.object(dst)
        with within(deadline):
            copying.copy(self.client, source, target, args, part_args, self._limits, deadline)
            if source["Key"] != target["Key"]:
                self.client.delete_object(**self._place.object(src))

    # --------------------------------------------------------------------------------- multiparter

    @override
    def _create_multipart(self, path: str, options: opt.CreateMultipartOptions) -> Object:
        where = self._place.object(path)
        args = said(bind.create_multipart_create_multipart_upload(options))
        with within(options.timeout):
            answer = self.client.create_multipart_upload(**where | args)
        return Object(path, where["Key"], _PART, multipart_id=answer["UploadId"])

    @override
    def _write_multipart(
        self, object: Object, data: Data, index: int, options: opt.WriteMultipartOptions
    ) -> Part:
        deadline = _deadline(options.timeout)
        args = self._place.upload(object.path, object.multipart_id)
        args |= said(bind.write_multipart_upload_part(options))
        source = source_of(data, options, "cos", "write_multipart", object.path, deadline)
        content = source.read_all()
        with within(deadline):
            return uploads.upload_part(
                self.client, args, index, content, check=self._clients.checks
            )

    @override
    def _complete_multipart(
        self, object: Object, parts: Sequence[Part], options: opt.CompleteMultipartOptions
    ) -> None:
        args = self._place.upload(object.path, object.multipart_id)
        args |= said(bind.complete_multipart_complete_multipart_upload(options), options.extra)
        with within(options.timeout):
            answer = uploads.complete(self.client, args, parts)
        object.mode, object.multipart_id = _READ, None
        object.etag, object.version_id = answer.get("etag"), answer.get("x-cos-version-id")

    @override
    def _list_multipart(self, object: Object, options: opt.ListMultipartOptions) -> Fetch[Part]:
        args = self._place.upload(object.path, object.multipart_id)
        args["MaxParts"] = page_size(options.limit, options.continuation_token, lists.PAGE)
        args |= said(bind.list_multipart_list_parts(options))
        return _timed(lists.PartPages(self._place.call("list_parts"), args), options.timeout)

    # ------------------------------------------------------------------------- reacher and signers

    @override
    def _reach(self, path: str, expire: float, options: opt.ReachOptions) -> str:
        args = self._place.object(path) | said(bind.reach_get_object(options))
        return self._sign("GET", args, options.extra or {}, expire).url

    def _sign(
        self,
        method: str,
        args: dict[str, Any],
        query: Mapping[str, Any],
        expire: float,
        body: bytes = b"",
    ) -> SignedRequest:
        return signing.sign(self.client, method, args, query, expire, body)

    @override
    def _query_sign_http_read(
        self, path: str, expire: float, options: opt.QuerySignHttpReadOptions
    ) -> SignedRequest:
        args = self._place.object(path) | said(bind.query_sign_http_read_get_object(options))
        span = range_header(options.offset or 0, options.size)
        args |= {"Range": span} if span else {}
        return self._sign("GET", args, options.extra or {}, expire)

    @override
    def _query_sign_http_write(
        self, path: str, expire: float, options: opt.QuerySignHttpWriteOptions
    ) -> SignedRequest:
        args = said(bind.query_sign_http_write_put_object(options), options.extra)
        args |= self._place.object(path) | _sized(options.size)
        return self._sign("PUT", args, {}, expire)

    @override
    def _query_sign_http_delete(
        self, path: str, expire: float, options: opt.QuerySignHttpDeleteOptions
    ) -> SignedRequest:
        args = self._place.object(path)
        if options.multipart_id is not None:
            return self._sign("DELETE", args, {"uploadId": options.multipart_id}, expire)
        args |= bind.query_sign_http_delete_delete_object(options)
        return self._sign("DELETE", args, {}, expire)

    @override
    def _query_sign_http_create_multipart(
        self, path: str, expire: float, options: opt.QuerySignHttpCreateMultipartOptions
    ) -> SignedRequest:
        args = said(bind.query_sign_http_create_multipart_create_multipart_upload(options))
        return self._sign("POST", args | self._place.object(path), {"uploads": ""}, expire)

    @override
    def _query_sign_http_write_multipart(
        self,
        object: Object,
        index: int,
        expire: float,
        options: opt.QuerySignHttpWriteMultipartOptions,
    ) -> SignedRequest:
        args = said(bind.query_sign_http_write_multipart_upload_part(options))
        args |= self._place.object(object.path) | _sized(options.size)
        query = {"partNumber": index + 1, "uploadId": object.multipart_id or ""}
        return self._sign("PUT", args, query, expire)

    @override
    def _query_sign_http_list_multipart(
        self, object: Object, expire: float, options: opt.QuerySignHttpListMultipartOptions
    ) -> SignedRequest:
        query = {"uploadId": object.multipart_id or ""}
        return self._sign("GET", self._place.object(object.path), query, expire)

    @override
    def _query_sign_http_complete_multipart(
        self,
        object: Object,
        parts: Sequence[Part],
        expire: float,
        options: opt.QuerySignHttpCompleteMultipartOptions,
    ) -> SignedRequest:
        args = said(bind.query_sign_http_complete_multipart_complete_multipart_upload(options))
        args |= self._place.object(object.path)
        query, body = {"uploadId": object.multipart_id or ""}, signing.complete_body(parts)
        return self._sign("POST", args, query, expire, body)


def _deadline(timeout: float | None) -> Deadline | None:
    return None if timeout is None else Deadline(timeout)


def _sized(size: int | None) -> dict[str, Any]:
    """The length that the sender is bound to."""
    return {} if size is None else {"ContentLength": str(size)}


def _timed(fetch: Fetch[T], timeout: float | None) -> Fetch[T]:
    """``fetch`` with the time limit on each page: nobody knows when the next one is wanted."""
    if timeout is None:
        return fetch

    def timed(token: str | None) -> Any:
        with within(timeout):
            return fetch(token)

    return timed
