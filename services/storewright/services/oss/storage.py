"""OSS's operations, in the order of the spec. What each does is in a module of its own."""

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
from storewright.generated.objects import Fetch, Object
from storewright.generated.oss import OssStorageBase
from storewright.generated.oss import bindings as bind
from storewright.generated.oss import options as opt
from storewright.services.oss import batch, copying, errors, links, sdk, signing, uploads
from storewright.services.oss import listing as lists
from storewright.services.oss import writing as writes
from storewright.services.oss.answers import values_of
from storewright.services.oss.appending import Tails
from storewright.services.oss.calls import split
from storewright.services.oss.client import Clients
from storewright.services.oss.place import Place
from storewright.services.oss.reading import Download, range_headers
from storewright.services.oss.sink import Arguments, OssSink, part_limits, put
from storewright.services.oss.writing import headers_of, new_headers

__all__ = ["OssStorage"]

T = TypeVar("T")
_DIR: Final = OBJECT_MODES["dir"]
_READ: Final = OBJECT_MODES["read"]
_LINK: Final = OBJECT_MODES["link"]
_PART: Final = OBJECT_MODES["part"]
_APPEND: Final = OBJECT_MODES["append"]


class OssStorage(OssStorageBase):
    """One bucket of OSS, or a directory in it. See OssStorageBase for its options."""

    _vendor_errors = errors.VENDOR_ERRORS

    @override
    def _connect(self, options: opt.NewStorageOptions) -> None:
        self._clients = Clients(options)
        self._place = Place(options.name or "", self._work_dir, self._clients)
        self._tails = Tails()

    @property
    def client(self) -> sdk.Bucket:
        """oss2's Bucket, for what only OSS can do. It is this process's, and thread-safe."""
        return self._place.bucket

    def share(self, clients: Clients) -> None:
        """Use another's connections; for the service that this storage comes from."""
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
                headers = headers_of(bind.delete_abort_multipart_upload(options))
                key = self._place.key(path)
                uploads.abort(self.client, key, options.multipart_id, headers)
            else:
                headers, params = split(bind.delete_delete_object(options))
                key = self._place.key(path, options.object_mode)
                self.client.delete_object(key, params, headers)

    @override
    def _list(self, path: str, options: opt.ListOptions) -> Fetch[Object]:
        directory = options.list_mode == LIST_MODES["dir"]
        place, size = self._place, page_size(options.limit, options.continuation_token, lists.PAGE)
        prefix = place.work_dir.list_prefix(path, directory)
        if options.list_mode == LIST_MODES["part"]:
            headers = headers_of(bind.list_list_multipart_uploads(options))
            ask = self._asking("list_multipart_uploads", max_uploads=size, headers=headers)
            return _timed(lists.UploadPages(ask, prefix, place.work_dir), options.timeout)
        headers = headers_of(bind.list_list_objects_v2(options))
        pages = lists.VersionPages if options.list_versions else lists.ObjectPages
        if options.list_versions:
            ask = self._asking("list_object_versions", max_keys=size, headers=headers)
        else:
            ask = self._asking_for_objects(size, headers)
        marked = self.features.virtual_dir
        fetch = pages(ask, prefix, place.work_dir, directory=directory, marked=marked)
        return _timed(fetch, options.timeout)

    def _asking_for_objects(self, size: int, headers: dict[str, str]) -> lists.Ask:
        def ask(*more: str, **further: str) -> bytes:
            return sdk.list_objects_v2(
                self.client, *more, max_keys=size, headers=headers, **further
            )

        return ask

    def _asking(self, call: str, *args: object, **options: object) -> lists.Ask:
        """A vendor call of whichever bucket object the process has when it is made."""

        def ask(*more: object, **further: object) -> sdk.Answer:
            answer: sdk.Answer = getattr(self.client, call)(*args, *more, **options, **further)
            return answer

        return ask

    @override
    def _open_writer(self, path: str, options: opt.OpenWriterOptions) -> OssSink:
        return self._sink(path, writes.arguments_of_writer(options), options.timeout)

    def _sink(
        self,
        path: str,
        arguments: Arguments,
        timeout: float | None,
        check: Md5Check | None = None,
    ) -> OssSink:
        limits, key = part_limits(self._limits), self._place.key(path)
        return OssSink(lambda: self.client, key, limits, arguments, timeout, check)

    @override
    def _read(self, path: str, writer: SupportsWrite, options: opt.ReadOptions) -> int:
        deadline = _deadline(options.timeout)
        target = Target(writer, options.io_callback, deadline, op="read", service="oss", path=path)
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
        get, head = split(bind.read_get_object(options)), split(bind.read_head_object(options))
        key = self._place.key(path)
        return Download(self.client, key, get, head, options.offset, options.size)

    @override
    def _stat(self, path: str, options: opt.StatOptions) -> Object:
        with within(options.timeout):
            if options.multipart_id is not None:
                return self._stat_upload(path, options)
            item = self._found(path, self._place.key(path, options.object_mode), options)
        hint = options.object_mode
        if hint is not None and not hint & item.mode:
            raise ObjectModeInvalid(expected=hint, actual=item.mode)
        return item

    def _stat_upload(self, path: str, options: opt.StatOptions) -> Object:
        """An upload in progress: that its parts can be listed shows that it is there."""
        key, id = self._place.key(path), options.multipart_id or ""  # noqa: A001
        headers = headers_of(bind.stat_list_parts(options))
        self.client.list_parts(key, id, marker="", max_parts=1, headers=headers)
        return Object(path, key, _PART, multipart_id=id)

    def _found(self, path: str, key: str, options: opt.StatOptions) -> Object:
        headers, params = split(bind.stat_head_object(options))
        try:
            told: Mapping[str, str] = self.client.head_object(key, headers, params).headers
        except sdk.errors.OssError as error:
            if errors.code_of(error) != "SymlinkTargetNotExist":
                raise
            return self._link(Object(path, key, _LINK), options)
        kind = told.get("x-oss-object-type")
        hint = options.object_mode
        mode = _DIR if hint is not None and hint & _DIR else lists.mode_of(kind)
        item = bind.object_from_head_object(path, key, mode, values_of(told))
        return self._link(item, options) if kind == "Symlink" else item

    def _link(self, item: Object, options: opt.StatOptions) -> Object:
        """``item`` with the target that only GetSymlink tells."""
        headers, params = split(bind.stat_get_symlink(options))
        answer = self.client.get_symlink(item.id, params, headers)
        return links.as_link(item, self._work_dir, answer.target_key)

    @override
    def _write(self, path: str, data: Data, options: opt.WriteOptions) -> int:
        deadline = _deadline(options.timeout)
        check = None if options.content_md5 is None else Md5Check(options.content_md5)
        source = source_of(data, options, "oss", "write", path, deadline, check)
        if source.view is not None:
            view = memoryview(source.read_all())
            with within(deadline):
                put(self.client, self._place.key(path), view, writes.put_headers(options))
            return view.nbytes
        return write_through(
            self._sink(path, writes.arguments_of_write(options), options.timeout, check),
            source,
            path=path,
            service="oss",
            timeout=options.timeout,
            map_error=lambda error: self._mapped_if_vendor(error, "write", path),
        )

    # ------------------------------------------------------------------------------------ appender

    @override
    def _create_append(self, path: str, options: opt.CreateAppendOptions) -> Object:
        key = self._place.key(path)
        headers, params = split(bind.create_append_delete_object(options))
        with within(options.timeout):
            # OSS appends to nothing that was made otherwise, and keeps the metadata of what it has.
            self.client.delete_object(key, params, headers)
            headers = new_headers(bind.create_append_append_object(options))
            self._tails.begin(self.client, key, headers)
        return Object(path, key, _READ | _APPEND, append_offset=0, content_length=0)

    @override
    def _write_append(self, object: Object, data: Data, options: opt.WriteAppendOptions) -> int:
        deadline = _deadline(options.timeout)
        source = source_of(data, options, "oss", "write_append", object.path, deadline)
        content = source.read_all()
        headers = new_headers(bind.write_append_append_object(options))
        with within(deadline):
            self._tails.append(self.client, self._place.key(object.path), object, content, headers)
        return len(content)

    @override
    def _commit_append(self, object: Object, options: opt.CommitAppendOptions) -> None:
        """Nothing is left to do: every append is visible at once."""

    # -------------------------------------------------------------------- batch_deleter and copier

    @override
    def _delete_batch(self, paths: Sequence[str], options: opt.DeleteBatchOptions) -> int:
        keys = {path: self._place.key(path) for path in paths}
        headers = headers_of(bind.delete_batch_batch_delete_objects(options))
        most = self._limits.delete_batch_maximum or 1
        with within(options.timeout):
            batch.delete_all(self.client, keys, headers, most)
        return len(keys)

    @override
    def _copy(self, src: str, dst: str, options: opt.CopyOptions) -> None:
        source = copying.Source(self._place.key(src), options.copy_source_version_id)
        headers = headers_of(bind.copy_copy_object(options))
        part_headers = headers_of(bind.copy_upload_part_copy(options))
        self._copy_as(source, self._place.key(dst), headers, part_headers, options.timeout)

    def _copy_as(
        self,
        source: copying.Source,
        target: str,
        headers: dict[str, str],
        part_headers: dict[str, str],
        timeout: float | None,
    ) -> None:
        deadline = _deadline(timeout)
        with within(deadline):
            copying.copy(self.client, source, target, headers, part_headers, self._limits, deadline)

    # ------------------------------------------------------------------- linker, and the simulated

    @override
    def _create_link(self, path: str, target: str, options: opt.CreateLinkOptions) -> Object:
        key, target_key = self._place.key(path), self._place.key(target)
        headers = headers_of(bind.create_link_put_symlink(options))
        with within(options.timeout):
            self.client.put_symlink(target_key, key, headers)
        return links.as_link(Object(path, key, _LINK), self._work_dir, target_key)

    @override
    def _create_dir(self, path: str, options: opt.CreateDirOptions) -> Object:
        key = self._place.key(path, _DIR)
        headers = new_headers(bind.create_dir_put_object(options))
        with within(options.timeout):
            self.client.put_object(key, b"", headers)
        return Object(path, key, _DIR)

    @override
    def _move(self, src: str, dst: str, options: opt.MoveOptions) -> None:
        source = copying.Source(self._place.key(src), None)
        target = self._place.key(dst)
        headers = headers_of(bind.move_copy_object(options))
        part_headers = headers_of(bind.move_upload_part_copy(options))
        deadline = _deadline(options.timeout)
        with within(deadline):
            copying.copy(self.client, source, target, headers, part_headers, self._limits, deadline)
            if source.key != target:
                headers, params = split(bind.move_delete_object(options))
                self.client.delete_object(source.key, params, headers)

    # --------------------------------------------------------------------------------- multiparter

    @override
    def _create_multipart(self, path: str, options: opt.CreateMultipartOptions) -> Object:
        key = self._place.key(path)
        headers = new_headers(bind.create_multipart_init_multipart_upload(options))
        with within(options.timeout):
            answer = self.client.init_multipart_upload(key, headers)
        return Object(path, key, _PART, multipart_id=answer.upload_id)

    @override
    def _write_multipart(
        self, object: Object, data: Data, index: int, options: opt.WriteMultipartOptions
    ) -> Part:
        deadline = _deadline(options.timeout)
        headers = headers_of(bind.write_multipart_upload_part(options))
        source = source_of(data, options, "oss", "write_multipart", object.path, deadline)
        content, key = source.read_all(), self._place.key(object.path)
        id = object.multipart_id or ""  # noqa: A001
        with within(deadline):
            return uploads.upload_part(self.client, key, id, index, content, headers)

    @override
    def _complete_multipart(
        self, object: Object, parts: Sequence[Part], options: opt.CompleteMultipartOptions
    ) -> None:
        key, id = self._place.key(object.path), object.multipart_id or ""  # noqa: A001
        headers = headers_of(bind.complete_multipart_complete_multipart_upload(options))
        with within(options.timeout):
            told, _ = uploads.complete(self.client, key, id, parts, headers)
        object.mode, object.multipart_id = _READ, None
        object.etag, object.version_id = told.get("etag"), told.get("x-oss-version-id")

    @override
    def _list_multipart(self, object: Object, options: opt.ListMultipartOptions) -> Fetch[Part]:
        key, id = self._place.key(object.path), object.multipart_id or ""  # noqa: A001
        size = page_size(options.limit, options.continuation_token, lists.PAGE)
        headers = headers_of(bind.list_multipart_list_parts(options))
        ask = self._asking("list_parts", key, id, max_parts=size, headers=headers)
        return _timed(lists.PartPages(ask), options.timeout)

    # ------------------------------------------------------------------------- reacher and signers

    def _sign(
        self,
        method: str,
        key: str,
        args: Mapping[str, Any],
        expire: float,
        *,
        upload: str | None = None,
        body: bytes = b"",
    ) -> SignedRequest:
        headers, params = split(args)
        if upload is not None:
            params["uploadId"] = upload
        return signing.sign(self.client, method, key, headers, params, expire, body)

    @override
    def _reach(self, path: str, expire: float, options: opt.ReachOptions) -> str:
        args = bind.reach_get_object(options)
        headers, params = split(args)
        limit = headers.pop("x-oss-traffic-limit", None)
        if limit is not None:  # whoever opens the address sends no headers
            params["x-oss-traffic-limit"] = limit
        key = self._place.key(path)
        return signing.sign(self.client, "GET", key, headers, params, expire).url

    @override
    def _query_sign_http_read(
        self, path: str, expire: float, options: opt.QuerySignHttpReadOptions
    ) -> SignedRequest:
        args = bind.query_sign_http_read_get_object(options)
        args |= range_headers(range_header(options.offset or 0, options.size))
        return self._sign("GET", self._place.key(path), args, expire)

    @override
    def _query_sign_http_write(
        self, path: str, expire: float, options: opt.QuerySignHttpWriteOptions
    ) -> SignedRequest:
        args = _typed(bind.query_sign_http_write_put_object(options))
        return self._sign("PUT", self._place.key(path), _sized(args, options.size), expire)

    @override
    def _query_sign_http_delete(
        self, path: str, expire: float, options: opt.QuerySignHttpDeleteOptions
    ) -> SignedRequest:
        key = self._place.key(path)
        if options.multipart_id is not None:
            args = bind.query_sign_http_delete_abort_multipart_upload(options)
            return self._sign("DELETE", key, args, expire, upload=options.multipart_id)
        return self._sign("DELETE", key, bind.query_sign_http_delete_delete_object(options), expire)

    @override
    def _query_sign_http_create_multipart(
        self, path: str, expire: float, options: opt.QuerySignHttpCreateMultipartOptions
    ) -> SignedRequest:
        args = bind.query_sign_http_create_multipart_init_multipart_upload(options)
        headers, params = split(_typed(args))
        params["uploads"] = ""
        return signing.sign(self.client, "POST", self._place.key(path), headers, params, expire)

    @override
    def _query_sign_http_write_multipart(
        self,
        object: Object,
        index: int,
        expire: float,
        options: opt.QuerySignHttpWriteMultipartOptions,
    ) -> SignedRequest:
        args = _typed(bind.query_sign_http_write_multipart_upload_part(options))
        headers, params = split(_sized(args, options.size))
        params |= {"uploadId": object.multipart_id or "", "partNumber": str(index + 1)}
        key = self._place.key(object.path)
        return signing.sign(self.client, "PUT", key, headers, params, expire)

    @override
    def _query_sign_http_list_multipart(
        self, object: Object, expire: float, options: opt.QuerySignHttpListMultipartOptions
    ) -> SignedRequest:
        args = bind.query_sign_http_list_multipart_list_parts(options)
        key = self._place.key(object.path)
        return self._sign("GET", key, args, expire, upload=object.multipart_id or "")

    @override
    def _query_sign_http_complete_multipart(
        self,
        object: Object,
        parts: Sequence[Part],
        expire: float,
        options: opt.QuerySignHttpCompleteMultipartOptions,
    ) -> SignedRequest:
        args = bind.query_sign_http_complete_multipart_complete_multipart_upload(options)
        key, body = self._place.key(object.path), signing.complete_body(parts)
        id = object.multipart_id or ""  # noqa: A001
        return self._sign("POST", key, _typed(args), expire, upload=id, body=body)


def _deadline(timeout: float | None) -> Deadline | None:
    return None if timeout is None else Deadline(timeout)


def _typed(args: dict[str, Any]) -> dict[str, Any]:
    """``args`` with a Content-Type: it is signed, and most senders add one of their own."""
    return {"Content-Type": "application/octet-stream", **args}


def _sized(args: dict[str, Any], size: int | None) -> dict[str, Any]:
    """``args`` with the length that the sender is bound to."""
    return args if size is None else {**args, "content-length": str(size)}


def _timed(fetch: Fetch[T], timeout: float | None) -> Fetch[T]:
    """``fetch`` with the time limit on each page: nobody knows when the next one is wanted."""
    if timeout is None:
        return fetch

    def timed(token: str | None) -> Any:
        with within(timeout):
            return fetch(token)

    return timed
