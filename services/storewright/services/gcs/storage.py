"""The operations, in the order of the spec. What each does in detail is in a module of its own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from google.api_core.exceptions import GoogleAPICallError
from typing_extensions import override

from storewright.core.data import Data, SupportsWrite
from storewright.core.digests import Md5Check, check_md5
from storewright.core.errors import ObjectModeInvalid, StorageError
from storewright.core.listing import page_size
from storewright.core.modes import LIST_MODES, OBJECT_MODES
from storewright.core.parts import Part, SignedRequest
from storewright.core.ranged import range_header
from storewright.core.streams import Target
from storewright.core.writer import write_through
from storewright.core.written import source_of
from storewright.generated.gcs import GcsStorageBase
from storewright.generated.gcs import bindings as bind
from storewright.generated.gcs import options as opt
from storewright.generated.objects import Fetch, Object
from storewright.services.gcs import batch, copying, errors, signing, uploads
from storewright.services.gcs import listing as lists
from storewright.services.gcs import writing as writes
from storewright.services.gcs.calls import Calls
from storewright.services.gcs.client import Clients
from storewright.services.gcs.conditions import if_new, if_tagged, match_headers, matched
from storewright.services.gcs.encryption import with_customer_keys as keyed
from storewright.services.gcs.inserting import insert
from storewright.services.gcs.links import LINKS
from storewright.services.gcs.place import Place
from storewright.services.gcs.reading import Download
from storewright.services.gcs.resources import object_of
from storewright.services.gcs.sink import Arguments, GcsSink, part_limits
from storewright.services.gcs.writing import xml

__all__ = ["GcsStorage"]

_DIR: Final = OBJECT_MODES["dir"]
_READ: Final = OBJECT_MODES["read"]
_LINK: Final = OBJECT_MODES["link"]
_PART: Final = OBJECT_MODES["part"]
_EMPTY: Final = memoryview(b"")


class GcsStorage(GcsStorageBase):
    """One bucket of Google's, or a directory in it. See GcsStorageBase for its options."""

    _vendor_errors = errors.VENDOR_ERRORS

    @override
    def _connect(self, options: opt.NewStorageOptions) -> None:
        self._clients = Clients(options)
        self._place = Place(options.name or "", self._work_dir, self._clients)

    @property
    def client(self) -> Any:
        """The google.cloud.storage.Client, for what only this service can do.

        It is this process's. Its session is the one that this store uses.
        """
        return self._clients.get().client

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
        calls, key = self._place.calls(options.timeout), self._place.key(path, options.object_mode)
        if options.multipart_id is not None:
            args = bind.delete_xml_abort_multipart(options) | _upload(options.multipart_id)
            uploads.abort(calls, self._place.xml(key), args)
            return
        look_up = bind.delete_objects_look_up(options)
        args = bind.delete_objects_delete(options)
        args |= if_tagged(calls, self._place, key, options.if_match, look_up)
        try:
            calls.send("DELETE", self._place.object(key), args, repeat=False)
        except GoogleAPICallError as error:
            if errors.status_of(error) != 404 or _conditional(args):
                raise

    @override
    def _list(self, path: str, options: opt.ListOptions) -> Fetch[Object]:
        directory = options.list_mode == LIST_MODES["dir"]
        place, size = self._place, page_size(options.limit, options.continuation_token, lists.PAGE)
        begin = partial(place.calls, options.timeout)
        args: dict[str, Any] = {"prefix": place.work_dir.list_prefix(path, directory)}
        if options.list_mode == LIST_MODES["part"]:
            args |= {"max-uploads": size} | bind.list_xml_list_multiparts(options)
            return lists.UploadPages(begin, place, args)
        args |= {"maxResults": size} | bind.list_objects_list(options)
        if directory:
            args["delimiter"] = "/"
        if options.list_versions:
            args["versions"] = True
        features = self.features
        marked, linked = features.virtual_dir, features.virtual_link
        return lists.ObjectPages(begin, place, args, marked=marked, linked=linked)

    @override
    def _open_writer(self, path: str, options: opt.OpenWriterOptions) -> GcsSink:
        key = self._place.key(path)
        return self._sink(
            key, writes.arguments_of_writer(options, self._place, key), options.timeout
        )

    def _sink(
        self, key: str, arguments: Arguments, timeout: float | None, check: Md5Check | None = None
    ) -> GcsSink:
        return GcsSink(self._place, key, part_limits(self._limits), arguments, timeout, check)

    @override
    def _read(self, path: str, writer: SupportsWrite, options: opt.ReadOptions) -> int:
        calls = self._place.calls(options.timeout)
        target = Target(
            writer, options.io_callback, calls.deadline, op="read", service="gcs", path=path
        )
        for piece in self._download(calls, path, options).pieces():
            target.write(piece)
        return target.written

    @override
    def _read_bytes(self, path: str, options: opt.ReadOptions) -> bytes:
        if options.io_callback is not None or options.timeout is not None:
            return super()._read_bytes(path, options)
        return self._download(self._place.calls(), path, options).whole()

    def _download(self, calls: Calls, path: str, options: opt.ReadOptions) -> Download:
        key, match = self._place.key(path), match_headers(options.if_match, options.if_none_match)
        get = keyed(bind.read_objects_get_media(options)) | match
        head = keyed(bind.read_objects_get(options)) | match if options.size == 0 else {}
        content = self._place.content(key)
        place = self._place.object(key)
        return Download(calls, content, get, (place, head), options.offset, options.size)

    @override
    def _stat(self, path: str, options: opt.StatOptions) -> Object:
        calls, key = self._place.calls(options.timeout), self._place.key(path, options.object_mode)
        if options.multipart_id is not None:
            return self._stat_upload(calls, path, options)
        args = keyed(bind.stat_objects_get(options))
        args |= match_headers(options.if_match, options.if_none_match)
        resource = calls.json("GET", self._place.object(key), args)
        return self._found(path, key, resource, options.object_mode)

    def _stat_upload(self, calls: Calls, path: str, options: opt.StatOptions) -> Object:
        """An upload in progress: that its parts can be listed shows that it is there."""
        key = self._place.key(path)
        args = bind.stat_xml_list_multipart(options) | _upload(options.multipart_id)
        uploads.list_parts(calls, self._place.xml(key), {**args, "max-parts": 1})
        return Object(path, key, _PART, multipart_id=options.multipart_id)

    def _found(self, path: str, key: str, resource: Any, hint: int | None) -> Object:
        mode = _DIR if hint is not None and hint & _DIR else _READ
        item = object_of(path, key, mode, resource)
        if self.features.virtual_link:
            LINKS.as_link(item, self._work_dir)
        if hint is not None and not hint & item.mode:
            raise ObjectModeInvalid(expected=hint, actual=item.mode)
        return item

    @override
    def _write(self, path: str, data: Data, options: opt.WriteOptions) -> int:
        calls, key = self._place.calls(options.timeout), self._place.key(path)
        arguments = writes.arguments_of_write(options, self._place, key)
        check = None if options.content_md5 is None else Md5Check(options.content_md5)
        source = source_of(data, options, "gcs", "write", path, calls.deadline, check)
        if source.view is not None:
            view = memoryview(source.read_all())
            args = arguments.insert | arguments.condition(calls)
            if options.content_md5 is not None:
                check_md5(view, options.content_md5)
            insert(calls, self._place, key, args, view)
            return view.nbytes
        return write_through(
            self._sink(key, arguments, options.timeout, check),
            source,
            path=path,
            service="gcs",
            timeout=options.timeout,
            map_error=lambda error: self._mapped_if_vendor(error, "write", path),
        )

    # -------------------------------------------------------------------- batch_deleter and copier

    @override
    def _delete_batch(self, paths: Sequence[str], options: opt.DeleteBatchOptions) -> int:
        keys = {path: self._place.key(path) for path in paths}
        args = bind.delete_batch_objects_delete(options)
        most = self._limits.delete_batch_maximum or 1
        batch.delete_all(self._place.calls(options.timeout), self._place, keys, args, most)
        return len(keys)

    @override
    def _copy(self, src: str, dst: str, options: opt.CopyOptions) -> None:
        calls, place = self._place.calls(options.timeout), self._place
        source, target = place.key(src), place.key(dst)
        args = if_new(keyed(bind.copy_objects_rewrite(options)), options.if_not_exists)
        look_up = bind.copy_objects_look_up(options)
        args |= if_tagged(calls, place, target, options.if_match, look_up)
        found = self._source(calls, source, args, options, look_up)
        if found is not None and options.copy_source_if_match is not None:
            condition = matched(found, options.copy_source_if_match)
            args["ifSourceGenerationMatch"] = condition["ifGenerationMatch"]
            args["ifSourceMetagenerationMatch"] = condition["ifMetagenerationMatch"]
        copying.copy(calls, place, source, target, args, found)

    def _source(
        self,
        calls: Calls,
        key: str,
        args: dict[str, Any],
        options: opt.CopyOptions,
        look_up: dict[str, Any],
    ) -> dict[str, Any] | None:
        """The resource that is copied, if it must be known: what is replaced is replaced whole."""
        replaces = any(name.startswith("resource.") for name in args)
        if not replaces and options.copy_source_if_match is None:
            return None
        if options.copy_source_version_id is not None:
            look_up = {**look_up, "generation": options.copy_source_version_id}
        return calls.json("GET", self._place.object(key), look_up)

    # ------------------------------------------------------------------------------------ simulated

    @override
    def _create_dir(self, path: str, options: opt.CreateDirOptions) -> Object:
        key, args = self._place.key(path, _DIR), keyed(bind.create_dir_objects_insert(options))
        insert(self._place.calls(options.timeout), self._place, key, args, _EMPTY)
        return Object(path, key, _DIR)

    @override
    def _create_link(self, path: str, target: str, options: opt.CreateLinkOptions) -> Object:
        key, target_key = self._place.key(path), self._place.key(target)
        args = keyed(bind.create_link_objects_insert(options))
        args["resource.metadata"] = LINKS.metadata_of(target_key)
        insert(self._place.calls(options.timeout), self._place, key, args, _EMPTY)
        return Object(path, key, _LINK, link_target=self._work_dir.path(target_key))

    # --------------------------------------------------------------------------------------- mover

    @override
    def _move(self, src: str, dst: str, options: opt.MoveOptions) -> None:
        calls, place = self._place.calls(options.timeout), self._place
        source, target = place.key(src), place.key(dst)
        args = if_new(bind.move_objects_move(options), options.if_not_exists)
        if source != target:
            copying.move(calls, place, source, target, args)
        else:  # the service refuses this; all that is left to do is to look whether it is there
            only = {"userProject": options.user_project} if options.user_project else {}
            calls.send("GET", place.object(source), only)

    # --------------------------------------------------------------------------------- multiparter

    @override
    def _create_multipart(self, path: str, options: opt.CreateMultipartOptions) -> Object:
        key, args = self._place.key(path), xml(bind.create_multipart_xml_create_multipart(options))
        upload = uploads.create(self._place.calls(options.timeout), self._place.xml(key), args)
        return Object(path, key, _PART, multipart_id=upload)

    @override
    def _write_multipart(
        self, object: Object, data: Data, index: int, options: opt.WriteMultipartOptions
    ) -> Part:
        calls = self._place.calls(options.timeout)
        args = xml(bind.write_multipart_xml_write_multipart(options))
        source = source_of(data, options, "gcs", "write_multipart", object.path, calls.deadline)
        content = source.read_all()
        if options.content_md5 is not None:
            check_md5(content, options.content_md5)
        args |= _upload(object.multipart_id)
        return uploads.upload_part(calls, self._xml(object), args, index, content)

    @override
    def _complete_multipart(
        self, object: Object, parts: Sequence[Part], options: opt.CompleteMultipartOptions
    ) -> None:
        args = bind.complete_multipart_xml_complete_multipart(options)
        args |= _upload(object.multipart_id)
        calls = self._place.calls(options.timeout)
        found = uploads.complete(calls, self._xml(object), args, parts)
        object.mode, object.multipart_id = _READ, None
        object.etag, object.version_id = found["etag"], found.get("generation")

    @override
    def _list_multipart(self, object: Object, options: opt.ListMultipartOptions) -> Fetch[Part]:
        args = bind.list_multipart_xml_list_multipart(options) | _upload(object.multipart_id)
        args["max-parts"] = page_size(options.limit, options.continuation_token, lists.PAGE)
        begin = partial(self._place.calls, options.timeout)
        return lists.PartPages(begin, self._xml(object), args)

    def _xml(self, object: Object) -> str:
        return self._place.xml(self._place.key(object.path))

    # ------------------------------------------------------------------------- reacher and signers

    def _sign(
        self,
        method: str,
        path: str,
        args: dict[str, Any],
        expire: float,
        options: Any,
        body: bytes = b"",
    ) -> SignedRequest:
        calls, key = self._place.calls(options.timeout), self._place.key(path)
        return signing.sign(calls, self._place, method, key, args, expire, body)

    @override
    def _reach(self, path: str, expire: float, options: opt.ReachOptions) -> str:
        return self._sign("GET", path, bind.reach_xml_get(options), expire, options).url

    @override
    def _query_sign_http_read(
        self, path: str, expire: float, options: opt.QuerySignHttpReadOptions
    ) -> SignedRequest:
        args = xml(bind.query_sign_http_read_xml_get(options))
        span = range_header(options.offset or 0, options.size)
        args |= {"range": span} if span else {}
        return self._sign("GET", path, args, expire, options)

    @override
    def _query_sign_http_write(
        self, path: str, expire: float, options: opt.QuerySignHttpWriteOptions
    ) -> SignedRequest:
        args = _sized(xml(bind.query_sign_http_write_xml_put(options)), options.size)
        if options.if_not_exists:
            args["x-goog-if-generation-match"] = 0
        return self._sign("PUT", path, args, expire, options)

    @override
    def _query_sign_http_delete(
        self, path: str, expire: float, options: opt.QuerySignHttpDeleteOptions
    ) -> SignedRequest:
        if options.multipart_id is not None:
            args = bind.query_sign_http_delete_xml_abort_multipart(options)
            args |= _upload(options.multipart_id)
        else:
            args = bind.query_sign_http_delete_xml_delete(options)
        return self._sign("DELETE", path, args, expire, options)

    @override
    def _query_sign_http_create_multipart(
        self, path: str, expire: float, options: opt.QuerySignHttpCreateMultipartOptions
    ) -> SignedRequest:
        args = xml(bind.query_sign_http_create_multipart_xml_create_multipart(options))
        return self._sign("POST", path, {**args, "uploads": ""}, expire, options)

    @override
    def _query_sign_http_write_multipart(
        self,
        object: Object,
        index: int,
        expire: float,
        options: opt.QuerySignHttpWriteMultipartOptions,
    ) -> SignedRequest:
        args = _sized(
            xml(bind.query_sign_http_write_multipart_xml_write_multipart(options)), options.size
        )
        args |= _upload(object.multipart_id) | {"partNumber": index + 1}
        return self._sign("PUT", object.path, args, expire, options)

    @override
    def _query_sign_http_list_multipart(
        self, object: Object, expire: float, options: opt.QuerySignHttpListMultipartOptions
    ) -> SignedRequest:
        args = bind.query_sign_http_list_multipart_xml_list_multipart(options)
        return self._sign("GET", object.path, args | _upload(object.multipart_id), expire, options)

    @override
    def _query_sign_http_complete_multipart(
        self,
        object: Object,
        parts: Sequence[Part],
        expire: float,
        options: opt.QuerySignHttpCompleteMultipartOptions,
    ) -> SignedRequest:
        args = bind.query_sign_http_complete_multipart_xml_complete_multipart(options)
        args |= _upload(object.multipart_id)
        body = uploads.complete_body(parts)
        return self._sign("POST", object.path, args, expire, options, body)


def _upload(id: str | None) -> dict[str, Any]:
    """What names an upload in a call of the XML API."""
    return {"uploadId": id or ""}


def _conditional(args: dict[str, Any]) -> bool:
    """Whether something is demanded of the object, so that it has to be there."""
    return any(name.startswith("if") and value != 0 for name, value in args.items())


def _sized(args: dict[str, Any], size: int | None) -> dict[str, Any]:
    """``args`` with the length that the sender is bound to."""
    return args if size is None else {**args, "content-length": size}
