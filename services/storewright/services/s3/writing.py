"""Writing an object in one request, and what a writer's requests are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from storewright.core.deadline import Deadline
from storewright.core.streams import Source
from storewright.generated.s3 import bindings as bind
from storewright.services.s3.bodies import FileBody, MemoryBody, can_rewind
from storewright.services.s3.calls import guarded
from storewright.services.s3.encryption import with_customer_keys
from storewright.services.s3.errors import exclusively
from storewright.services.s3.sink import Arguments

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

    from storewright.generated.s3.options import (
        CompleteMultipartOptions,
        OpenWriterOptions,
        WriteOptions,
    )

    Conditional = WriteOptions | OpenWriterOptions | CompleteMultipartOptions

__all__ = ["arguments_of_write", "arguments_of_writer", "if_new", "put", "source_of"]


def source_of(data: Any, options: Any, op: str, path: str, deadline: Deadline | None) -> Source:
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


def put(
    client: S3Client,
    args: dict[str, Any],
    data: Any,
    source: Source,
    options: WriteOptions,
    deadline: Deadline | None,
) -> bool:
    """Send the object in one request, if its data can be sent again; whether that was so."""
    if source.view is not None:
        body: Any = MemoryBody(memoryview(source.read_all()))
        with exclusively(args):
            client.put_object(**args, Body=body)
    elif source.size is not None and can_rewind(data):
        body = FileBody(data, source.size, callback=options.io_callback, deadline=deadline)
        with guarded(body), exclusively(args):
            client.put_object(**args, Body=body)
    else:
        return False
    return True


def if_new(args: dict[str, Any], options: Conditional) -> dict[str, Any]:
    """``args`` with the condition that there is no such object yet, if the user sets it."""
    if options.if_not_exists:
        args["IfNoneMatch"] = "*"
    return args


def arguments_of_writer(options: OpenWriterOptions) -> Arguments:
    """What open_writer's options say in each call."""
    head = bind.open_writer_head_object(options)
    head.pop("IfMatch", None)  # is about the object that is replaced
    return Arguments(
        put=if_new(with_customer_keys(bind.open_writer_put_object(options)), options),
        create=with_customer_keys(bind.open_writer_create_multipart_upload(options)),
        upload=with_customer_keys(bind.open_writer_upload_part(options)),
        complete=if_new(
            with_customer_keys(bind.open_writer_complete_multipart_upload(options)), options
        ),
        abort=bind.open_writer_abort_multipart_upload(options),
        list=bind.open_writer_list_parts(options),
        head=with_customer_keys(head),
    )


def arguments_of_write(options: WriteOptions) -> Arguments:
    """What write's options say in each call."""
    head = bind.write_head_object(options)
    head.pop("IfMatch", None)
    upload = bind.write_upload_part(options)
    upload.pop("ContentMD5", None)  # is of the whole
    return Arguments(
        put=if_new(with_customer_keys(bind.write_put_object(options)), options),
        create=with_customer_keys(bind.write_create_multipart_upload(options)),
        upload=with_customer_keys(upload),
        complete=if_new(with_customer_keys(bind.write_complete_multipart_upload(options)), options),
        abort=bind.write_abort_multipart_upload(options),
        list=bind.write_list_parts(options),
        head=with_customer_keys(head),
    )
