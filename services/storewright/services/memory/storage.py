"""The storage that keeps its objects in the memory of this process."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from storewright.core.about import about
from storewright.core.data import Data, SupportsWrite
from storewright.core.deadline import Deadline
from storewright.core.errors import (
    BatchFailed,
    ObjectModeInvalid,
    ObjectNotExist,
    PairRequired,
    PairValueInvalid,
    StorageError,
)
from storewright.core.iterators import Page
from storewright.core.listing import part_key
from storewright.core.modes import LIST_MODES, OBJECT_MODES
from storewright.core.parts import Block, Part, PartLimits, Segment
from storewright.core.sink import Sink
from storewright.core.streams import Source, Target
from storewright.generated.memory import MemoryStorageBase
from storewright.generated.memory.options import (
    AbortSegmentOptions,
    CombineBlockOptions,
    CommitAppendOptions,
    CompleteMultipartOptions,
    CompleteSegmentOptions,
    CopyOptions,
    CreateAppendOptions,
    CreateBlockOptions,
    CreateDirOptions,
    CreateLinkOptions,
    CreateMultipartOptions,
    CreateOptions,
    CreatePageOptions,
    DeleteBatchOptions,
    DeleteOptions,
    FetchOptions,
    InitSegmentOptions,
    ListBlockOptions,
    ListMultipartOptions,
    ListOptions,
    ListSegmentsOptions,
    MoveOptions,
    NewStorageOptions,
    OpenWriterOptions,
    ReadOptions,
    StatOptions,
    WriteAppendOptions,
    WriteBlockOptions,
    WriteMultipartOptions,
    WriteOptions,
    WritePageOptions,
    WriteSegmentOptions,
)
from storewright.generated.objects import Fetch, Object
from storewright.services.memory.contents import content_of
from storewright.services.memory.entries import DIR, FILE, LINK, Attributes, Entry
from storewright.services.memory.listing import Found, below, level, paged, uploads_below
from storewright.services.memory.sink import MemorySink
from storewright.services.memory.space import Space, check_match, find_upload, named_space
from storewright.services.memory.uploads import Blocks, Multipart, Segments, Upload

if TYPE_CHECKING:
    from storewright.services.memory.faults import Faults

__all__ = ["MemoryStorage"]

_PART: Final = OBJECT_MODES["part"]
_BLOCK: Final = OBJECT_MODES["block"]
_PIECE_SIZE: Final = 1024 * 1024


class MemoryStorage(MemoryStorageBase):
    """Objects in the memory of this process.

    Stores that are opened with the same ``name`` share their objects; one without a name has its
    own, which end with it. All methods may be called from several threads.
    """

    _unicode_paths = False

    def _connect(self, options: NewStorageOptions) -> None:
        self._name = options.name or ""
        self._space = named_space(self._name) if self._name else Space()
        self._faults: Faults | None = None

    @property
    def faults(self) -> Faults:
        """Makes operations of this store fail, wait or break off, to test what uses it."""
        if self._faults is None:
            from storewright.services.memory.faults import Faults  # for tests: few stores have any

            self._faults = Faults(self)
        return self._faults

    def __reduce__(self) -> tuple[Any, ...]:
        if not self._name:
            message = "a memory store without a name cannot be pickled: nobody else has its objects"
            hint = "open memory://name, which is the same place everywhere in one process"
            raise PairRequired(message, pair="name", op="pickle", service=self.service, hint=hint)
        return super().__reduce__()

    # ----------------------------------------------------------------------------- keys, content

    def _key(self, path: str) -> str:
        """The key of an object, which a directory's path is not."""
        key = self._work_dir.object_key(path)
        if key[-1] == "/":
            hint = "a path that ends in a slash is a directory's"
            raise ObjectModeInvalid(expected=FILE, actual=DIR, path=path, hint=hint)
        return key

    def _dir_key(self, path: str) -> str:
        """The key of a directory, whose path may end in a slash."""
        return self._work_dir.list_prefix(path, directory=True)

    def _show(self, path: str, key: str, entry: Entry | None) -> Object:
        """An entry as an object; a directory that was not created has none."""
        if entry is None:
            return Object(path, key, DIR)
        item = entry.describe(path, key)
        if entry.mode & LINK:
            item.link_target = self._shown_path(entry.target)
        return item

    def _shown_path(self, key: str) -> str:
        """A key as a path: relative to work_dir where it lies inside, else absolute."""
        inside = key.startswith(self._work_dir.key_prefix)
        return self._work_dir.path(key).removesuffix("/") if inside else f"/{key}"

    def _show_found(self, found: Found) -> Object:
        key, entry = found
        return self._show(self._shown_path(key), key, entry)

    def _show_upload(self, upload: Upload) -> Object:
        mode, upload_id = (_BLOCK, None) if isinstance(upload, Blocks) else (_PART, upload.id)
        path, begun = self._work_dir.path(upload.key), upload.begun
        return Object(path, upload.key, mode, multipart_id=upload_id, last_modified=begun)

    # ---------------------------------------------------------------------------------- storager

    def _create(self, path: str, options: CreateOptions) -> Object:
        made = super()._create(path, options)
        if made.mode & DIR:
            made.id = self._dir_key(path)
        return made

    def _delete(self, path: str, options: DeleteOptions) -> None:
        mode = options.object_mode or 0
        if options.multipart_id is not None:
            self._drop_upload(self._key(path), options.multipart_id)
        elif mode & DIR or path.endswith("/"):
            self._work_dir.object_key(path)
            self._space.remove_dir(self._dir_key(path))
        elif mode & _BLOCK:
            self._space.blocks.pop(self._key(path), None)
        else:
            self._space.remove(self._key(path), options.if_match)

    def _drop_upload(self, key: str, upload_id: str) -> None:
        with self._space.lock, suppress(ObjectNotExist):
            find_upload(self._space.multiparts, key, upload_id)
            del self._space.multiparts[upload_id]

    def _list(self, path: str, options: ListOptions) -> Fetch[Object]:
        mode = options.list_mode
        prefix = self._work_dir.list_prefix(path, directory=mode == LIST_MODES["dir"])
        if mode == LIST_MODES["dir"]:
            return paged(partial(level, self._space, prefix), _first, self._show_found)
        if mode == LIST_MODES["prefix"]:
            return paged(partial(below, self._space, prefix), _first, self._show_found)
        uploads: dict[str, Any] = (
            self._space.multiparts if mode == LIST_MODES["part"] else self._space.blocks
        )
        return paged(partial(uploads_below, uploads, prefix), _order, self._show_upload)

    def _open_writer(self, path: str, options: OpenWriterOptions) -> Sink:
        key = self._key(path)
        limits = PartLimits(parts_maximum=self._limits.multipart_number_maximum)
        publish = partial(
            self._space.put,
            key,
            if_match=options.if_match,
            if_not_exists=options.if_not_exists,
        )
        return MemorySink(self._space, key, path, Attributes.of(options), limits, publish)

    def _find(self, path: str, options: ReadOptions) -> Entry:
        entry = self._space.follow(self._key(path), self._work_dir.key_prefix)
        check_match(entry, options.if_match, options.if_none_match)
        return entry

    def _read(self, path: str, writer: SupportsWrite, options: ReadOptions) -> int:
        deadline = Deadline.after(options.timeout)
        target = Target(writer, options.io_callback, deadline, op="read", path=path)
        content = memoryview(self._read_range(path, options))
        for start in range(0, len(content), _PIECE_SIZE):
            target.write(content[start : start + _PIECE_SIZE])
        return target.written

    def _read_bytes(self, path: str, options: ReadOptions) -> bytes:
        content = self._read_range(path, options)
        if content and options.io_callback is not None:
            options.io_callback(content)
        return content

    def _read_range(self, path: str, options: ReadOptions) -> bytes:
        start, size = options.offset or 0, options.size
        stop = None if size is None else start + size
        return self._space.content(self._find(path, options), start, stop)

    def _stat(self, path: str, options: StatOptions) -> Object:
        if options.multipart_id is not None:
            key = self._key(path)
            find_upload(self._space.multiparts, key, options.multipart_id)
            return Object(path, key, _PART, multipart_id=options.multipart_id)
        mode = options.object_mode or 0
        if mode & DIR or path.endswith("/"):
            return self._stat_dir(path)
        key = self._key(path)
        if not mode and self._space.is_dir(key + "/"):
            return self._stat_dir(path)
        entry = self._space.find(key)
        if mode and not entry.mode & mode:
            raise ObjectModeInvalid(expected=mode, actual=entry.mode)
        check_match(entry, options.if_match, options.if_none_match)
        return self._show(path, key, entry)

    def _stat_dir(self, path: str) -> Object:
        key = self._dir_key(path)
        return self._show(path, key, self._space.find_dir(key))

    def _write(self, path: str, data: Data, options: WriteOptions) -> int:
        key = self._key(path)
        content = content_of(data, options, "write", path, options.content_md5)
        entry = Entry(content, Attributes.of_write(options))
        self._space.put(key, entry, options.if_match, options.if_not_exists)
        return len(content)

    # ----------------------------------------------------------------------- appender, pager

    def _create_append(self, path: str, options: CreateAppendOptions) -> Object:
        return self._create_empty(path, options)

    def _create_empty(self, path: str, options: CreateAppendOptions | CreatePageOptions) -> Object:
        key, entry = self._key(path), Entry(b"", Attributes.of(options))
        self._space.put(key, entry)
        return self._show(path, key, entry)

    def _write_append(self, object: Object, data: Data, options: WriteAppendOptions) -> int:
        key = self._key(object.path)
        content = content_of(data, options, "write_append", object.path, options.content_md5)
        object.append_offset = object.content_length = self._space.extend(key, content)
        return len(content)

    def _commit_append(self, object: Object, options: CommitAppendOptions) -> None:
        """Every append is visible at once."""

    def _create_page(self, path: str, options: CreatePageOptions) -> Object:
        return self._create_empty(path, options)

    def _write_page(
        self, object: Object, data: Data, offset: int, options: WritePageOptions
    ) -> int:
        key = self._key(object.path)
        content = content_of(data, options, "write_page", object.path)
        self._space.overwrite(key, content, _checked_offset(offset))
        return len(content)

    # ---------------------------------------------------------------------------- batch_deleter

    def _delete_batch(self, paths: Sequence[str], options: DeleteBatchOptions) -> int:
        failures: dict[str, StorageError] = {}
        for path in paths:
            try:
                self._space.remove(self._key(path))
            except StorageError as error:
                failures[path] = error.at("delete_batch", self.service, path)
        if failures:
            raise BatchFailed(failures=failures)
        return len(paths)

    # ---------------------------------------------------------------------------------- blocker

    def _create_block(self, path: str, options: CreateBlockOptions) -> Object:
        key = self._key(path)
        upload = self._space.blocks[key] = Blocks(key, Attributes.of(options))
        return self._show_upload(upload)

    def _blocks(self, object: Object) -> Blocks:
        blocks = self._space.blocks.get(self._key(object.path))
        if blocks is None:
            raise ObjectNotExist("no blocks are being collected for this object")
        return blocks

    def _write_block(
        self, object: Object, data: Data, block_id: str, options: WriteBlockOptions
    ) -> Block:
        blocks = self._blocks(object)
        content = content_of(data, options, "write_block", object.path, options.content_md5)
        return blocks.put(block_id, content)

    def _combine_block(
        self, object: Object, block_ids: Sequence[str], options: CombineBlockOptions
    ) -> Object:
        blocks = self._blocks(object)
        entry = Entry(blocks.join(block_ids), blocks.attributes)
        self._space.put(blocks.key, entry)
        self._space.blocks.pop(blocks.key, None)
        return self._show(object.path, blocks.key, entry)

    def _list_block(self, object: Object, options: ListBlockOptions) -> Fetch[Block]:
        return lambda _: Page(self._blocks(object).blocks)

    # ------------------------------------------------------------- copier, mover, direr, linker

    def _copy(self, src: str, dst: str, options: CopyOptions) -> None:
        source = self._space.follow(self._key(src), self._work_dir.key_prefix)
        content = self._space.content(source)
        entry = Entry(content, source.attributes.updated(options))
        with about(dst):
            self._space.put(self._key(dst), entry, options.if_match, options.if_not_exists)

    def _move(self, src: str, dst: str, options: MoveOptions) -> None:
        key = self._key(src)
        entry = self._space.find(key)
        with about(dst):
            self._space.move(key, self._key(dst), entry)

    def _create_dir(self, path: str, options: CreateDirOptions) -> Object:
        self._work_dir.object_key(path)
        key = self._dir_key(path)
        return self._show(path, key, self._space.put_dir(key))

    def _create_link(self, path: str, target: str, options: CreateLinkOptions) -> Object:
        key = self._key(path)
        with about(target):
            entry = Entry(mode=LINK, target=self._work_dir.object_key(target))
        self._space.put(key, entry)
        return self._show(path, key, entry)

    def _fetch(self, path: str, url: str, options: FetchOptions) -> None:
        from storewright.core.download import Download  # heavy, and seldom needed

        key, deadline = self._key(path), Deadline.after(options.timeout)
        with Download(url, maximum=self._limits.fetch_size_maximum, deadline=deadline) as answer:
            content = Source(answer, op="fetch", service=self.service, path=path).read()
            attributes = Attributes(content_type=answer.content_type)
        self._space.put(key, Entry(content, attributes))

    # ------------------------------------------------------------------------------ multiparter

    def _create_multipart(self, path: str, options: CreateMultipartOptions) -> Object:
        upload = self._space.begin(Multipart(self._key(path), Attributes.of(options)))
        return Object(path, upload.key, _PART, multipart_id=upload.id)

    def _multipart(self, object: Object) -> Multipart:
        key = self._key(object.path)
        return find_upload(self._space.multiparts, key, object.multipart_id or "")

    def _write_multipart(
        self, object: Object, data: Data, index: int, options: WriteMultipartOptions
    ) -> Part:
        upload = self._multipart(object)
        content = content_of(data, options, "write_multipart", object.path, options.content_md5)
        return upload.put(index, content)

    def _list_multipart(self, object: Object, options: ListMultipartOptions) -> Fetch[Part]:
        def after(token: str) -> Sequence[Part]:
            last = int(token or -1)
            return [part for part in self._multipart(object).parts if part.index > last]

        return paged(after, part_key, _same)

    def _complete_multipart(
        self, object: Object, parts: Sequence[Part], options: CompleteMultipartOptions
    ) -> None:
        upload = self._multipart(object)
        entry = Entry(upload.join(parts), upload.attributes, upload=upload.id)
        self._space.put(upload.key, entry, options.if_match, options.if_not_exists)
        self._space.multiparts.pop(upload.id, None)
        made = self._show(object.path, upload.key, entry)
        for name in Object.__slots__:
            setattr(object, name, getattr(made, name))

    # -------------------------------------------------------------------------------- segmenter

    def _init_segment(self, path: str, options: InitSegmentOptions) -> Segment:
        upload = Segments(self._key(path), Attributes.of(options))
        self._space.segments[upload.id] = upload
        return Segment(path, upload.id)

    def _segments(self, segment: Segment) -> Segments:
        return find_upload(self._space.segments, self._key(segment.path), segment.id)

    def _write_segment(
        self, segment: Segment, data: Data, offset: int, options: WriteSegmentOptions
    ) -> int:
        upload = self._segments(segment)
        content = content_of(data, options, "write_segment", segment.path)
        upload.put(_checked_offset(offset), content)
        return len(content)

    def _complete_segment(self, segment: Segment, options: CompleteSegmentOptions) -> None:
        upload = self._segments(segment)
        self._space.put(upload.key, Entry(upload.join(), upload.attributes))
        self._space.segments.pop(upload.id, None)

    def _abort_segment(self, segment: Segment, options: AbortSegmentOptions) -> None:
        with suppress(ObjectNotExist):
            self._space.segments.pop(self._segments(segment).id, None)

    def _list_segments(self, path: str, options: ListSegmentsOptions) -> Fetch[Segment]:
        prefix = self._work_dir.list_prefix(path, directory=False)

        def show(upload: Segments) -> Segment:
            return Segment(self._work_dir.path(upload.key), upload.id)

        return paged(partial(uploads_below, self._space.segments, prefix), _order, show)


T = TypeVar("T")


def _same(item: T) -> T:
    return item


def _first(found: Found) -> str:
    return found[0]


def _order(upload: Upload) -> str:
    return upload.order


def _checked_offset(offset: int) -> int:
    if offset < 0:
        raise PairValueInvalid("offset must not be negative", pair="offset")
    return offset
