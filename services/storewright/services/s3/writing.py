"""What writing operations say in each of their calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from storewright.core.data import Data
from storewright.core.deadline import Deadline
from storewright.core.streams import Source
from storewright.generated.s3 import bindings as bind
from storewright.services.s3.bodies import Body, MemoryBody, body_of
from storewright.services.s3.encryption import with_customer_keys
from storewright.services.s3.sink import Arguments

if TYPE_CHECKING:
    from storewright.generated.s3.options import (
        OpenWriterOptions,
        WriteMultipartOptions,
        WriteOptions,
        WriteSegmentOptions,
    )

    Writing = WriteOptions | WriteMultipartOptions | WriteSegmentOptions

__all__ = ["arguments_of_write", "arguments_of_writer", "if_new", "part_body", "source_of"]
__all__ += ["whole_body"]

_IN_MEMORY: Final = 64 * 1024 * 1024


def source_of(
    data: Data, options: Writing, op: str, path: str, deadline: Deadline | None
) -> Source:
    """The user's data as one kind of reader."""
    return Source(
        data,
        options.size,
        op=op,
        service="s3",
        path=path,
        callback=options.io_callback,
        deadline=deadline,
    )


def whole_body(
    data: Data, source: Source, options: WriteOptions, deadline: Deadline | None
) -> Body | None:
    """What one request sends for the whole object; None if it is better sent in parts.

    A request under way cannot be taken back: if the user's file fails in the middle, a lenient
    server publishes what it has. So a file is streamed only if its digest guards it; otherwise its
    parts are read into memory before they are sent.
    """
    if source.view is None and options.content_md5 is None:
        return None
    return body_of(data, source, options.io_callback, deadline)


def part_body(data: Data, options: Writing, op: str, path: str, deadline: Deadline | None) -> Body:
    """The user's data as one part: in memory, so that a file that fails sends nothing.

    Only a part above 64 MiB is streamed from its file, if that can be read again.
    """
    source = source_of(data, options, op, path, deadline)
    small = source.size is not None and source.size <= _IN_MEMORY
    body = (
        None
        if small and source.view is None
        else body_of(data, source, options.io_callback, deadline)
    )
    return MemoryBody(memoryview(source.read_all())) if body is None else body


def if_new(args: dict[str, Any], wanted: bool | None) -> dict[str, Any]:
    """``args`` with the condition that there is no such object yet, if that is wanted."""
    return {**args, "IfNoneMatch": "*"} if wanted else args


def arguments_of_writer(options: OpenWriterOptions) -> Arguments:
    """What open_writer's options say in each call."""
    complete = with_customer_keys(bind.open_writer_complete_multipart_upload(options))
    return Arguments(
        put=if_new(with_customer_keys(bind.open_writer_put_object(options)), options.if_not_exists),
        create=with_customer_keys(bind.open_writer_create_multipart_upload(options)),
        upload=with_customer_keys(bind.open_writer_upload_part(options)),
        complete=if_new(complete, options.if_not_exists),
        abort=bind.open_writer_abort_multipart_upload(options),
        list=with_customer_keys(bind.open_writer_list_parts(options)),
        head=_head(bind.open_writer_head_object(options)),
    )


def arguments_of_write(options: WriteOptions) -> Arguments:
    """What write's options say in each call."""
    upload = with_customer_keys(bind.write_upload_part(options))
    upload.pop("ContentMD5", None)  # is of the whole
    complete = with_customer_keys(bind.write_complete_multipart_upload(options))
    return Arguments(
        put=if_new(with_customer_keys(bind.write_put_object(options)), options.if_not_exists),
        create=with_customer_keys(bind.write_create_multipart_upload(options)),
        upload=upload,
        complete=if_new(complete, options.if_not_exists),
        abort=bind.write_abort_multipart_upload(options),
        list=with_customer_keys(bind.write_list_parts(options)),
        head=_head(bind.write_head_object(options)),
    )


def _head(args: dict[str, Any]) -> dict[str, Any]:
    """What asks for the object just written: conditions were about the one before it."""
    args.pop("IfMatch", None)
    return with_customer_keys(args)
