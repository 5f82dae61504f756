"""What writing operations say in each of their calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storewright.core.data import Callback, Data
from storewright.core.deadline import Deadline
from storewright.core.digests import Md5Check
from storewright.core.streams import Source
from storewright.generated.cos import bindings as bind
from storewright.services.cos.arguments import said
from storewright.services.cos.sink import Arguments

if TYPE_CHECKING:
    from storewright.generated.cos.options import (
        OpenWriterOptions,
        WriteAppendOptions,
        WriteMultipartOptions,
        WriteOptions,
    )

    Writing = WriteOptions | WriteMultipartOptions | WriteAppendOptions

__all__ = ["arguments_of_write", "arguments_of_writer", "source_of"]


def source_of(
    data: Data,
    options: Writing,
    op: str,
    path: str,
    deadline: Deadline | None,
    check: Md5Check | None = None,
) -> Source:
    """The user's data as one kind of reader; ``check`` sees all that is read."""
    return Source(
        data,
        options.size,
        op=op,
        service="cos",
        path=path,
        callback=_both(check, options.io_callback),
        deadline=deadline,
    )


def _both(check: Md5Check | None, callback: Callback | None) -> Callback | None:
    if check is None:
        return callback

    def seen(chunk: bytes) -> None:
        check.update(chunk)
        if callback is not None:
            callback(chunk)

    return seen


def arguments_of_writer(options: OpenWriterOptions) -> Arguments:
    """What open_writer's options say in each call."""
    return Arguments(
        put=said(bind.open_writer_put_object(options), options.extra),
        create=said(bind.open_writer_create_multipart_upload(options)),
        upload=said(bind.open_writer_upload_part(options)),
        complete=said(bind.open_writer_complete_multipart_upload(options), options.extra),
        list=said(bind.open_writer_list_parts(options)),
        head=said(bind.open_writer_head_object(options)),
    )


def arguments_of_write(options: WriteOptions) -> Arguments:
    """What write's options say in each call."""
    upload = said(bind.write_upload_part(options))
    upload.pop("ContentMD5", None)  # is of the whole
    return Arguments(
        put=said(bind.write_put_object(options), options.extra),
        create=said(bind.write_create_multipart_upload(options)),
        upload=upload,
        complete=said(bind.write_complete_multipart_upload(options), options.extra),
        list={},  # a write is never resumed
        head=said(bind.write_head_object(options)),
    )
