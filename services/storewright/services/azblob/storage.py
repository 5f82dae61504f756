"""Azure's operations, in the order of the spec. What each does in detail is in its own module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from typing_extensions import override

from storewright.core.data import Data, SupportsWrite
from storewright.core.deadline import Deadline, within
from storewright.core.digests import Md5Check
from storewright.core.errors import ObjectModeInvalid, StorageError
from storewright.core.iterators import Page
from storewright.core.listing import page_size
from storewright.core.modes import LIST_MODES
from storewright.core.parts import Block, SignedRequest
from storewright.core.ranged import range_header
from storewright.core.streams import Target
from storewright.core.writer import write_through
from storewright.core.written import source_of
from storewright.generated.azblob import AzblobObjectMetadata, AzblobStorageBase
from storewright.generated.azblob import bindings as bind
from storewright.generated.azblob import options as opt
from storewright.generated.objects import Fetch, Object
from storewright.services.azblob import (
    appending,
    batch,
    blocks,
    copying,
    errors,
    paging,
    sending,
    signing,
)
from storewright.services.azblob import listing as lists
from storewright.services.azblob.calls import headers_of
from storewright.services.azblob.client import Clients
from storewright.services.azblob.kinds import APPEND, BLOCK, DIR, LINK, PAGE, READ, as_kind
from storewright.services.azblob.links import LINKS
from storewright.services.azblob.place import Blob, Place
from storewright.services.azblob.reading import Download
from storewright.services.azblob.sink import Arguments, AzblobSink, part_limits
from storewright.services.azblob.writing import Says

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

__all__ = ["AzblobStorage"]

T = TypeVar("T")


class AzblobStorage(AzblobStorageBase):
    """One container of Azure, or a directory in it. See AzblobStorageBase for its options."""

    _vendor_errors = errors.VENDOR_ERRORS

    @override
    def _connect(self, options: opt.NewStorageOptions) -> None:
        self._clients = Clients(options)
        self._place = Place(options.name or "", self._work_dir, self._clients)
        self._says = Says(secure=self._clients.secure)

    @property
    def client(self) -> ContainerClient:
        """The SDK's client, for what only Azure can do. It is this process's, and thread-safe."""
        return self._place.container

    def share(self, clients: Clients) -> None:
        """Use another's clients; for the service that this storage comes from."""
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
        key = self._place.key(path, options.object_mode)
        return Object(path, key, options.object_mode or READ)

    @override
    def _delete(self, path: str, options: opt.DeleteOptions) -> None:
        blob = self._place.blob(path, options.object_mode)
        with within(options.timeout):
            if options.object_mode is not None and options.object_mode & BLOCK:
                blocks.discard(blob)
            else:
                sending.delete(blob, bind.delete_delete_blob(options))

    @override
    def _list(self, path: str, options: opt.ListOptions) -> Fetch[Object]:
        directory = options.list_mode == LIST_MODES["dir"]
        size = page_size(options.limit, options.continuation_token, lists.PAGE)
        prefix = self._work_dir.list_prefix(path, directory)
        if options.list_mode == LIST_MODES["block"]:
            return _timed(lists.BlockPages(self._place, prefix, size), options.timeout)
        wanted = {
            "metadata": options.list_metadata,
            "snapshots": options.list_snapshots,
            "versions": options.list_versions,
        }
        fetch = lists.ObjectPages(
            self._place,
            prefix,
            size,
            [name for name, asked in wanted.items() if asked],
            directory=directory,
            marked=self.features.virtual_dir,
            linked=self.features.virtual_link,
        )
        return _timed(fetch, options.timeout)

    @override
    def _open_writer(self, path: str, options: opt.OpenWriterOptions) -> AzblobSink:
        return self._sink(path, self._says.of_writer(options), options.timeout)

    def _sink(
        self,
        path: str,
        arguments: Arguments,
        timeout: float | None,
        check: Md5Check | None = None,
    ) -> AzblobSink:
        limits, blob = part_limits(self._limits), self._place.blob(path)
        return AzblobSink(blob, limits, arguments, timeout, check)

    @override
    def _read(self, path: str, writer: SupportsWrite, options: opt.ReadOptions) -> int:
        deadline = _deadline(options.timeout)
        target = Target(
            writer, options.io_callback, deadline, op="read", service="azblob", path=path
        )
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
        get = self._says(bind.read_get_blob(options))
        head = self._says(bind.read_get_blob_properties(options))
        return Download(self._place.blob(path), get, head, options.offset, options.size)

    @override
    def _stat(self, path: str, options: opt.StatOptions) -> Object:
        blob, hint = self._place.blob(path, options.object_mode), options.object_mode
        args = self._says(bind.stat_get_blob_properties(options))
        with within(options.timeout):
            told: Any = blob.client.get_blob_properties(
                cls=headers_of, raw_request_hook=blob.says(args)
            )
        item = bind.object_from_get_blob_properties(path, blob.key, READ, told)
        as_kind(item, told.get("x-ms-blob-type"))
        if hint is not None and hint & DIR:
            item.mode = DIR
        if self.features.virtual_link:
            LINKS.as_link(item, self._work_dir)
        if hint is not None and not hint & item.mode:
            raise ObjectModeInvalid(expected=hint, actual=item.mode)
        return item

    @override
    def _write(self, path: str, data: Data, options: opt.WriteOptions) -> int:
        deadline = _deadline(options.timeout)
        check = None if options.content_md5 is None else Md5Check(options.content_md5)
        source = source_of(data, options, "azblob", "write", path, deadline, check)
        if source.view is not None:
            return self._put(path, bytes(source.read_all()), self._says.put(options), deadline)
        return write_through(
            self._sink(path, self._says.of_write(options), options.timeout, check),
            source,
            path=path,
            service="azblob",
            timeout=options.timeout,
            map_error=lambda error: self._mapped_if_vendor(error, "write", path),
        )

    def _put(
        self, path: str, data: bytes, args: dict[str, Any], deadline: Deadline | None = None
    ) -> int:
        with within(deadline):
            return sending.put(self._place.blob(path), data, args).size

    # ------------------------------------------------------------------------------------ appender

    @override
    def _create_append(self, path: str, options: opt.CreateAppendOptions) -> Object:
        blob = self._place.blob(path)
        args = self._says(bind.create_append_put_append_blob(options), options.if_not_exists)
        with within(options.timeout):
            appending.create(blob, args)
        return Object(path, blob.key, READ | APPEND, append_offset=0, content_length=0)

    @override
    def _write_append(self, object: Object, data: Data, options: opt.WriteAppendOptions) -> int:
        deadline = _deadline(options.timeout)
        args = self._says(bind.write_append_append_block(options))
        content = source_of(
            data, options, "azblob", "write_append", object.path, deadline
        ).read_all()
        if not len(content):
            return 0
        with within(deadline):
            offset = appending.append(self._place.blob(object.path), content, args)
        # Appends of several threads may end in another order than they began.
        object.append_offset = max(object.append_offset or 0, offset + len(content))
        object.content_length = object.append_offset
        return len(content)

    @override
    def _commit_append(self, object: Object, options: opt.CommitAppendOptions) -> None:
        """Every append is visible at once."""

    # ------------------------------------------------------------------- batch_deleter and blocker

    @override
    def _delete_batch(self, paths: Sequence[str], options: opt.DeleteBatchOptions) -> int:
        keys = {path: self._place.key(path) for path in paths}
        most = self._limits.delete_batch_maximum or 1
        with within(options.timeout):
            batch.delete_all(self.client, keys, options.delete_snapshots, most)
        return len(keys)

    @override
    def _create_block(self, path: str, options: opt.CreateBlockOptions) -> Object:
        """Nothing is asked of the service: what is said here is told to it by combine_block."""
        self._says(bind.create_block_put_block_list(options))  # refuses what cannot be told
        given = {name: value for name, value in options.given() if name in Object.__slots__}
        tier = AzblobObjectMetadata(access_tier=options.access_tier)
        return Object(path, self._place.key(path), BLOCK, system_metadata=tier, **given)

    @override
    def _write_block(
        self, object: Object, data: Data, block_id: str, options: opt.WriteBlockOptions
    ) -> Block:
        deadline = _deadline(options.timeout)
        args = self._says(bind.write_block_put_block(options))
        content = source_of(
            data, options, "azblob", "write_block", object.path, deadline
        ).read_all()
        with within(deadline):
            sending.stage(self._place.blob(object.path), block_id, content, args)
        return Block(block_id, len(content))

    @override
    def _combine_block(
        self, object: Object, block_ids: Sequence[str], options: opt.CombineBlockOptions
    ) -> Object:
        blob = self._place.blob(object.path)
        args = self._says(bind.combine_block_put_block_list(options), options.if_not_exists)
        args = {**bind.create_block_put_block_list(_told_at_creation(object)), **args}
        with within(options.timeout), errors.exclusive(args):
            answer = sending.commit(blob, block_ids, args)
        etag, version = answer.get("etag"), answer.get("version_id")
        return Object(object.path, blob.key, READ, etag=etag, version_id=version)

    @override
    def _list_block(self, object: Object, options: opt.ListBlockOptions) -> Fetch[Block]:
        def fetch(_: str | None) -> Page[Block]:
            found = blocks.uncommitted(self._place.blob(object.path))
            return Page([Block(str(block.id), block.size) for block in found], None)

        return _timed(fetch, options.timeout)

    # -------------------------------------------------------------------------------------- copier

    @override
    def _copy(self, src: str, dst: str, options: opt.CopyOptions) -> None:
        named = {
            "?snapshot": options.copy_source_snapshot,
            "?versionid": options.copy_source_version_id,
        }
        new = options.if_not_exists
        says = copying.Arguments(
            copy=self._says(bind.copy_copy_blob(options), new),
            put=self._says(bind.copy_put_blob_from_url(options), new),
            block=self._says(bind.copy_put_block_from_url(options)),
            commit=self._says(bind.copy_put_block_list(options), new),
            head=self._says(bind.copy_get_blob_properties(options)),
            source={name: value for name, value in named.items() if value is not None},
        )
        source, target, deadline = self._blobs(src, dst, options.timeout)
        with within(deadline):
            copying.copy(source, target, says, self._limits, deadline)

    def _blobs(
        self, src: str, dst: str, timeout: float | None
    ) -> tuple[Blob, Blob, Deadline | None]:
        return self._place.blob(src), self._place.blob(dst), _deadline(timeout)

    # ------------------------------------------------------------------------------------ simulated

    @override
    def _create_dir(self, path: str, options: opt.CreateDirOptions) -> Object:
        blob = self._place.blob(path, DIR)
        with within(options.timeout):
            sending.put(blob, b"", self._says(bind.create_dir_put_blob(options)))
        return Object(path, blob.key, DIR)

    @override
    def _create_link(self, path: str, target: str, options: opt.CreateLinkOptions) -> Object:
        blob, target_key = self._place.blob(path), self._place.key(target)
        args = self._says(bind.create_link_put_blob(options))
        args["x-ms-meta"] = LINKS.metadata_of(target_key)
        with within(options.timeout):
            sending.put(blob, b"", args)
        return Object(path, blob.key, LINK, link_target=self._work_dir.path(target_key))

    @override
    def _move(self, src: str, dst: str, options: opt.MoveOptions) -> None:
        says = copying.Arguments(
            copy=self._says(bind.move_copy_blob(options)),
            put=self._says(bind.move_put_blob_from_url(options)),
            block=self._says(bind.move_put_block_from_url(options)),
            commit=self._says(bind.move_put_block_list(options)),
            head=self._says(bind.move_get_blob_properties(options)),
            source={},
        )
        source, target, deadline = self._blobs(src, dst, options.timeout)
        with within(deadline):
            copying.copy(source, target, says, self._limits, deadline)
            if source.key != target.key:
                sending.delete(source, {})

    # --------------------------------------------------------------------------------------- pager

    @override
    def _create_page(self, path: str, options: opt.CreatePageOptions) -> Object:
        blob = self._place.blob(path)
        args = self._says(bind.create_page_put_page_blob(options), options.if_not_exists)
        with within(options.timeout):
            paging.create(blob, args)
        return Object(path, blob.key, READ | PAGE, content_length=0)

    @override
    def _write_page(
        self, object: Object, data: Data, offset: int, options: opt.WritePageOptions
    ) -> int:
        deadline = _deadline(options.timeout)
        write = self._says(bind.write_page_put_page(options))
        grow = self._says(bind.write_page_resize_page_blob(options))
        source = source_of(data, options, "azblob", "write_page", object.path, deadline)
        content = source.read_all()
        paging.check(offset, len(content), self._limits.page_alignment or 1)
        with within(deadline):
            pages = paging.Pages(self._place.blob(object.path), write, grow)
            object.content_length = pages.write(content, offset, object.content_length or 0)
        return len(content)

    # ------------------------------------------------------------------------- reacher and signers

    @override
    def _reach(self, path: str, expire: float, options: opt.ReachOptions) -> str:
        return self._sign(path, "GET", bind.reach_get_blob(options), expire, options).url

    def _sign(
        self, path: str, method: str, args: dict[str, Any], expire: float, options: Any
    ) -> SignedRequest:
        pairs = ((theirs, getattr(options, ours, None)) for ours, theirs in _OVERRIDES)
        said = {name: value for name, value in pairs if value is not None}
        with within(options.timeout):  # a key to sign with may have to be asked for
            return signing.sign(self._place.blob(path), method, args, expire, said)

    @override
    def _query_sign_http_read(
        self, path: str, expire: float, options: opt.QuerySignHttpReadOptions
    ) -> SignedRequest:
        args = self._says(bind.query_sign_http_read_get_blob(options))
        span = range_header(options.offset or 0, options.size)
        args |= {"x-ms-range": span} if span else {}
        return self._sign(path, "GET", args, expire, options)

    @override
    def _query_sign_http_write(
        self, path: str, expire: float, options: opt.QuerySignHttpWriteOptions
    ) -> SignedRequest:
        args = self._says(bind.query_sign_http_write_put_blob(options), options.if_not_exists)
        args["x-ms-blob-type"] = "BlockBlob"
        if options.size is not None:
            args["content-length"] = str(options.size)
        return self._sign(path, "PUT", args, expire, options)

    @override
    def _query_sign_http_delete(
        self, path: str, expire: float, options: opt.QuerySignHttpDeleteOptions
    ) -> SignedRequest:
        args = bind.query_sign_http_delete_delete_blob(options)
        return self._sign(path, "DELETE", args, expire, options)


_OVERRIDES = tuple(signing.OVERRIDES.items())
_AT_CREATION = tuple(name for name in opt.CreateBlockOptions.PAIRS if name in Object.__slots__)


def _told_at_creation(object: Object) -> opt.CreateBlockOptions:
    """What create_block was told, which only the object remembers."""
    told = opt.CreateBlockOptions()
    for name in _AT_CREATION:
        setattr(told, name, getattr(object, name))
    if isinstance(object.system_metadata, AzblobObjectMetadata):
        told.access_tier = object.system_metadata.access_tier
    return told


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
