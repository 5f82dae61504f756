"""What writing operations say in each of their calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from storewright.generated.s3 import bindings as bind
from storewright.services.s3.encryption import with_customer_keys
from storewright.services.s3.sink import Arguments

if TYPE_CHECKING:
    from storewright.generated.s3.options import (
        OpenWriterOptions,
        WriteOptions,
    )

__all__ = ["arguments_of_write", "arguments_of_writer", "if_new", "put_arguments"]


def if_new(args: dict[str, Any], wanted: bool | None) -> dict[str, Any]:
    """``args`` with the condition that there is no such object yet, if that is wanted."""
    return {**args, "IfNoneMatch": "*"} if wanted else args


def put_arguments(options: WriteOptions) -> dict[str, Any]:
    """What write's options say when one request sends the whole object."""
    return if_new(with_customer_keys(bind.write_put_object(options)), options.if_not_exists)


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
        put=put_arguments(options),
        create=with_customer_keys(bind.write_create_multipart_upload(options)),
        upload=upload,
        complete=if_new(complete, options.if_not_exists),
        abort=bind.write_abort_multipart_upload(options),
        list={},  # a write is never resumed
        head=_head(bind.write_head_object(options)),
    )


def _head(args: dict[str, Any]) -> dict[str, Any]:
    """What asks for the object just written: conditions were about the one before it."""
    args.pop("IfMatch", None)
    return with_customer_keys(args)
