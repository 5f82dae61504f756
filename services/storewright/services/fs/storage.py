"""The storage that keeps its objects as files."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final, Protocol, TypeVar

from storewright.core.about import about
from storewright.core.data import Callback, Data, SupportsWrite
from storewright.core.deadline import Deadline
from storewright.core.digests import Md5Check
from storewright.core.errors import (
    BatchFailed,
    ObjectExists,
    ObjectModeInvalid,
    ObjectNotExist,
    PairValueInvalid,
    RestrictionDissatisfied,
    StorageError,
)
from storewright.core.iterators import Page
from storewright.core.modes import LIST_MODES, OBJECT_MODES
from storewright.core.parts import Part, PartLimits, Segment
from storewright.core.sink import Sink
from storewright.core.streams import CHUNK_SIZE, Target
from storewright.core.values import as_duration
from storewright.generated.fs import FsStorageBase
from storewright.generated.fs.options import (
    AbortSegmentOptions,
    CommitAppendOptions,
    CompleteMultipartOptions,
    CompleteSegmentOptions,
    CopyOptions,
    CreateAppendOptions,
    CreateDirOptions,
    CreateLinkOptions,
    CreateMultipartOptions,
    CreatePageOptions,
    DeleteBatchOptions,
    DeleteOptions,
    FetchOptions,
    InitSegmentOptions,
    ListMultipartOptions,
    ListOptions,
    ListSegmentsOptions,
    MoveOptions,
    NewStorageOptions,
    OpenWriterOptions,
    ReadOptions,
    StatOptions,
    WriteAppendOptions,
    WriteMultipartOptions,
    WriteOptions,
    WritePageOptions,
    WriteSegmentOptions,
)
from storewright.generated.objects import Fetch, Object
from storewright.services.fs import inplace, moving
from storewright.services.fs.attributes import given, load
from storewright.services.fs.draft import Draft
from storewright.services.fs.errors import ABSENT, find, mapped, system
from storewright.services.fs.files import (
    DIR,
    FARTHEST,
    FILE,
    LINK,
    READ,
    find_replaced,
    make_directory,
    mode_of,
)
from storewright.services.fs.listing import Pages, Scan, files_in, uploads_in, walk
from storewright.services.fs.multipart import Multipart
from storewright.services.fs.objects import Objects
from storewright.services.fs.places import Places
from storewright.services.fs.reading import chunks, opened
from storewright.services.fs.segments import Segments
from storewright.services.fs.sink import FileSink
from storewright.services.fs.stale import remove_stale
from storewright.services.fs.transfer import Pieces
from storewright.services.fs.uploads import Upload

__all__ = ["FsStorage"]

T = TypeVar("T")
R = TypeVar("R")
U = TypeVar("U", bound=Upload)
_PART: Final = OBJECT_MODES["part"]
_LARGE: Final = 64 * 1024 * 1024


class _Transfer(Protocol):
    """Options of a call that takes data."""

    @property
    def size(self) -> int | None: ...
    @property
    def io_callback(self) -> Callback | None: ...
    @property
    def timeout(self) -> float | None: ...


def _checked_offset(offset: int) -> int:
    if offset < 0:
        raise PairValueInvalid("offset must not be negative", pair="offset")
    if offset > FARTHEST:
        raise RestrictionDissatisfied("offset is beyond the largest file")
    return offset


class FsStorage(FsStorageBase):
    """Objects as files below a directory.

    Every write is atomic: it appears whole under its name, or not at all. Nothing outside work_dir
    is read or written, whatever links there are. All methods may be called from several threads.
    """

    _unicode_paths = False

    def _connect(self, options: NewStorageOptions) -> None:
        self._sync = options.fsync is not False
        self._places = Places(self._work_dir)
        self._objects = Objects(self._places, self._kept())
        try:
            self._check_work_dir()
        except StorageError as error:
            error.at("open", self.service, self._work_dir.prefix)
            raise

    def _check_work_dir(self) -> None:
        with suppress(ObjectNotExist):  # the first write will make it
            actual = mode_of(find(os.stat, self._places.root))
            if not actual & DIR:
                raise ObjectModeInvalid(expected=DIR, actual=actual)

    def _kept(self) -> frozenset[str]:
        """The virtual metadata that the user has enabled for any operation."""
        return frozenset(
            pair
            for pairs in self._virtual_pairs.values()
            for pair, gates in pairs.items()
            if any(getattr(self.features, gate) for gate in gates)
        )

    def remove_stale(
        self, path: str = "", *, uploads_older_than: float | timedelta | None = None
    ) -> list[str]:
        """Remove what killed processes left below a directory; returns the files removed.

        These are temporary files whose writer is gone. Uploads can be taken up again, so they are
        removed only if nothing was written to them for ``uploads_older_than`` seconds.
        """
        age = uploads_older_than
        seconds = None if age is None else as_duration("uploads_older_than", age)
        directory = self._places.directory(self._places.dir_name(path))
        return remove_stale(directory, seconds)

    # ------------------------------------------------------------------------------------- paths

    def _id(self, path: str) -> str:
        return self._places.id(self._places.dir_name(path))

    def _file(self, path: str) -> str:
        """The file of an object."""
        return self._places.file(self._places.name(path))

    def _dir(self, path: str) -> str:
        """The file of a directory."""
        name = self._places.dir_name(path)
        return self._places.file(name) if name else self._places.root

    def _of(self, object: Object) -> str:
        return self._file(object.path)

    def _describe(self, path: str, file: str) -> Object:
        found = find(os.lstat, file)
        return self._objects.of(path, self._places.dir_name(path), file, found)

    # ---------------------------------------------------------------------------------- storager

    def _delete(self, path: str, options: DeleteOptions) -> None:
        if options.multipart_id is not None:
            with suppress(ObjectNotExist):
                Multipart.find(self._file(path), options.multipart_id).remove()
        elif (options.object_mode or 0) & DIR or path.endswith("/"):
            self._remove_dir(path)
        else:
            self._remove(path)

    def _remove(self, path: str) -> None:
        file = self._file(path)
        try:
            os.unlink(file)
        except OSError as error:
            if error.errno in ABSENT:
                return
            if os.path.isdir(file) and not os.path.islink(file):  # systems name it differently
                hint = "give object_mode=ObjectMode.DIR to remove an empty directory"
                raise ObjectModeInvalid(expected=READ, actual=DIR, hint=hint) from error
            raise mapped(error) from error

    def _remove_dir(self, path: str) -> None:
        self._work_dir.object_key(path)
        file = self._dir(path)
        with suppress(ObjectNotExist):
            actual = mode_of(find(os.lstat, file))
            if not actual & DIR:
                raise ObjectModeInvalid(expected=DIR, actual=actual)
            find(os.rmdir, file)

    def _list(self, path: str, options: ListOptions) -> Fetch[Object]:
        if options.list_mode == LIST_MODES["part"]:
            return self._uploads(Multipart, path, self._show_upload, options.timeout)
        deep = options.list_mode == LIST_MODES["prefix"]
        name, letters = self._places.prefix(path) if deep else (self._places.dir_name(path), "")
        return self._pages(files_in, name, letters, self._show, options.timeout, deep=deep)

    def _pages(
        self,
        scan: Scan[T],
        name: str,
        letters: str,
        show: Callable[[str, T], R | None],
        timeout: float | None,
        *,
        deep: bool,
    ) -> Fetch[R]:
        def begin(after: str) -> Iterator[tuple[str, T]]:
            directory = self._places.directory(name)
            return walk(scan, directory, f"{name}/" if name else "", letters, after, deep=deep)

        return Pages(begin, show, timeout)

    def _uploads(
        self,
        kind: type[U],
        path: str,
        show: Callable[[str, U | None], R | None],
        timeout: float | None,
    ) -> Fetch[R]:
        name, letters = self._places.prefix(path)
        return self._pages(uploads_in(kind), name, letters, show, timeout, deep=True)

    def _show(self, key: str, entry: os.DirEntry[str]) -> Object | None:
        name = key.removesuffix("/")
        with suppress(ObjectNotExist):
            found = find(entry.stat, follow_symlinks=False)
            return self._objects.of(name, name, entry.path, found)
        return None

    def _show_upload(self, key: str, upload: Multipart | None) -> Object | None:
        name = key.partition("\0")[0]
        with suppress(ObjectNotExist):
            return None if upload is None else self._part_object(name, name, upload)
        return None

    def _part_object(self, path: str, name: str, upload: Multipart) -> Object:
        item = Object(path, self._places.id(name), _PART, multipart_id=upload.id)
        item.last_modified = upload.begun
        return item

    def _open_writer(self, path: str, options: OpenWriterOptions) -> Sink:
        file = self._file(path)
        self._check_absent(file, options.if_not_exists)
        return FileSink(
            file,
            path,
            given(options),
            PartLimits(parts_maximum=self._limits.multipart_number_maximum),
            exclusive=bool(options.if_not_exists),
            sync=self._sync,
            timeout=options.timeout,
        )

    @staticmethod
    def _check_absent(file: str, if_not_exists: bool | None) -> None:
        """Refuse at once what publishing would refuse in the end."""
        if find_replaced(file) is not None and if_not_exists:
            raise ObjectExists("object exists already")

    def _read(self, path: str, writer: SupportsWrite, options: ReadOptions) -> int:
        deadline = Deadline.after(options.timeout)
        target = Target(writer, options.io_callback, deadline, op="read", path=path)
        with opened(self._places, self._file(path)) as fd:
            for chunk in chunks(fd, options.offset or 0, options.size, CHUNK_SIZE):
                target.write(chunk)
        return target.written

    def _read_bytes(self, path: str, options: ReadOptions) -> bytes:
        deadline, found = Deadline.after(options.timeout), list[bytes]()
        with opened(self._places, self._file(path)) as fd:
            start = options.offset or 0
            rest = system(os.fstat, fd).st_size - start + 1  # and one more, to see the end
            for chunk in chunks(fd, start, options.size, min(max(rest, CHUNK_SIZE), _LARGE)):
                deadline.check()
                found.append(chunk)
                if options.io_callback is not None:
                    options.io_callback(chunk)
        return b"".join(found)

    def _stat(self, path: str, options: StatOptions) -> Object:
        if options.multipart_id is not None:
            upload = Multipart.find(self._file(path), options.multipart_id)
            return self._part_object(path, self._places.name(path), upload)
        mode = options.object_mode or 0
        if path.endswith("/"):
            mode |= DIR
        item = self._describe(path, self._dir(path) if mode & DIR else self._file(path))
        if mode and not item.mode & mode:
            raise ObjectModeInvalid(expected=mode, actual=item.mode)
        return item

    def _write(self, path: str, data: Data, options: WriteOptions) -> int:
        pieces = self._pieces(data, options, "write", path)
        md5 = None if options.content_md5 is None else Md5Check(options.content_md5)
        file = self._file(path)
        self._check_absent(file, options.if_not_exists)
        with Draft(file, given(options), sync=self._sync) as draft:
            size = 0
            for piece in pieces:
                draft.write(piece)
                size += len(piece)
                if md5 is not None:
                    md5.update(piece)
            if md5 is not None:
                md5.finish()
            draft.publish(exclusive=bool(options.if_not_exists))
        return size

    def _pieces(self, data: Data, options: _Transfer, op: str, path: str) -> Pieces:
        deadline = Deadline.after(options.timeout)
        return Pieces(data, options.size, options.io_callback, deadline, op, path)

    # ----------------------------------------------------------------------- appender, pager

    def _create_append(self, path: str, options: CreateAppendOptions) -> Object:
        return self._create_empty(path, given(options))

    def _create_empty(self, path: str, values: dict[str, Any]) -> Object:
        file = self._file(path)
        with Draft(file, values, sync=self._sync) as draft:
            draft.publish()
        return self._describe(path, file)

    def _write_append(self, object: Object, data: Data, options: WriteAppendOptions) -> int:
        pieces = self._pieces(data, options, "write_append", object.path)
        deadline = Deadline.after(options.timeout)
        size, end = inplace.append(self._of(object), pieces, sync=self._sync, deadline=deadline)
        object.append_offset = object.content_length = end
        return size

    def _commit_append(self, object: Object, options: CommitAppendOptions) -> None:
        """Every append is visible at once."""

    def _create_page(self, path: str, options: CreatePageOptions) -> Object:
        return self._create_empty(path, given(options))

    def _write_page(
        self, object: Object, data: Data, offset: int, options: WritePageOptions
    ) -> int:
        pieces = self._pieces(data, options, "write_page", object.path)
        start = _checked_offset(offset)
        return inplace.write_page(self._of(object), pieces, start, sync=self._sync)

    # ------------------------------------------------------------- batch_deleter, direr, linker

    def _delete_batch(self, paths: Sequence[str], options: DeleteBatchOptions) -> int:
        deadline, failures = Deadline.after(options.timeout), dict[str, StorageError]()
        for path in paths:
            try:
                deadline.check()
                self._remove(path)
            except StorageError as error:
                failures[path] = error.at("delete_batch", self.service, path)
        if failures:
            raise BatchFailed(failures=failures)
        return len(paths)

    def _create_dir(self, path: str, options: CreateDirOptions) -> Object:
        self._work_dir.object_key(path)
        file = self._dir(path)
        make_directory(file, sync=self._sync)
        return self._describe(path, file)

    def _create_link(self, path: str, target: str, options: CreateLinkOptions) -> Object:
        file = self._file(path)
        with about(target):
            name = self._places.name(target)
        moving.link(file, os.path.join(self._places.root, name), sync=self._sync)
        return self._describe(path, file)

    # -------------------------------------------------------------------- copier, mover, fetcher

    def _copy(self, src: str, dst: str, options: CopyOptions) -> None:
        deadline = Deadline.after(options.timeout)
        with opened(self._places, self._file(src)) as fd, about(dst):
            target = self._file(dst)
            self._check_absent(target, options.if_not_exists)
            values = self._values(fd) | given(options)
            moving.copy(
                fd,
                target,
                values,
                exclusive=bool(options.if_not_exists),
                sync=self._sync,
                deadline=deadline,
            )

    def _values(self, fd: int) -> dict[str, Any]:
        """The virtual metadata of an open file."""
        return load(fd, self._objects.kept, system(os.fstat, fd))

    def _move(self, src: str, dst: str, options: MoveOptions) -> None:
        file = self._file(src)
        mode = mode_of(find(os.lstat, file))
        if not mode & (FILE | LINK):
            raise ObjectModeInvalid(expected=READ, actual=mode)
        with about(dst):
            target = self._file(dst)
            if file == target:
                return
            if mode & LINK:  # what it points to, relative to where it will be
                moving.link(target, moving.linked_file(file), sync=self._sync)
                system(os.unlink, file)
            elif not moving.rename(file, target, sync=self._sync):
                self._move_across(file, target, Deadline.after(options.timeout))

    def _move_across(self, file: str, target: str, deadline: Deadline) -> None:
        """Move to another device."""
        with opened(self._places, file) as fd:
            values = self._values(fd)
            moving.copy(fd, target, values, sync=self._sync, deadline=deadline, keep_time=True)
        system(os.unlink, file)

    def _fetch(self, path: str, url: str, options: FetchOptions) -> None:
        from storewright.core.download import Download  # heavy, and seldom needed

        file, deadline = self._file(path), Deadline.after(options.timeout)
        with Download(url, maximum=self._limits.fetch_size_maximum, deadline=deadline) as answer:
            kept = "content_type" in self._objects.kept and answer.content_type
            values = {"content_type": answer.content_type} if kept else {}
            with Draft(file, values, sync=self._sync) as draft:
                for piece in Pieces(answer, None, None, deadline, "fetch", path):
                    draft.write(piece)
                draft.publish()

    # ------------------------------------------------------------------------------ multiparter

    def _create_multipart(self, path: str, options: CreateMultipartOptions) -> Object:
        upload = Multipart.begin(self._file(path), given(options))
        return self._part_object(path, self._places.name(path), upload)

    def _multipart(self, object: Object) -> Multipart:
        return Multipart.find(self._of(object), object.multipart_id or "")

    def _write_multipart(
        self, object: Object, data: Data, index: int, options: WriteMultipartOptions
    ) -> Part:
        pieces = self._pieces(data, options, "write_multipart", object.path)
        deadline = Deadline.after(options.timeout)
        return self._multipart(object).put(
            index, pieces, pieces.size, sync=self._sync, deadline=deadline
        )

    def _list_multipart(self, object: Object, options: ListMultipartOptions) -> Fetch[Part]:
        return lambda _: Page(self._multipart(object).parts)

    def _complete_multipart(
        self, object: Object, parts: Sequence[Part], options: CompleteMultipartOptions
    ) -> None:
        upload = self._multipart(object)
        self._check_absent(upload.target, options.if_not_exists)
        upload.complete(
            parts,
            exclusive=bool(options.if_not_exists),
            sync=self._sync,
            deadline=Deadline.after(options.timeout),
        )
        made = self._describe(object.path, upload.target)
        for name in Object.__slots__:
            setattr(object, name, getattr(made, name))

    # -------------------------------------------------------------------------------- segmenter

    def _init_segment(self, path: str, options: InitSegmentOptions) -> Segment:
        return Segment(path, Segments.begin(self._file(path), given(options)).id)

    def _segments(self, segment: Segment) -> Segments:
        return Segments.find(self._file(segment.path), segment.id)

    def _write_segment(
        self, segment: Segment, data: Data, offset: int, options: WriteSegmentOptions
    ) -> int:
        pieces = self._pieces(data, options, "write_segment", segment.path)
        start = _checked_offset(offset)
        return self._segments(segment).put(start, pieces, sync=self._sync)

    def _complete_segment(self, segment: Segment, options: CompleteSegmentOptions) -> None:
        self._segments(segment).complete(sync=self._sync)

    def _abort_segment(self, segment: Segment, options: AbortSegmentOptions) -> None:
        with suppress(ObjectNotExist):
            self._segments(segment).remove()

    def _list_segments(self, path: str, options: ListSegmentsOptions) -> Fetch[Segment]:
        def show(key: str, upload: Segments | None) -> Segment | None:
            return None if upload is None else Segment(key.partition("\0")[0], upload.id)

        return self._uploads(Segments, path, show, options.timeout)
