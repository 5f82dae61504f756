"""What writing operations say in each of their calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storewright.generated.cos import bindings as bind
from storewright.services.cos.arguments import said
from storewright.services.cos.sink import Arguments

if TYPE_CHECKING:
    from storewright.generated.cos.options import (
        OpenWriterOptions,
        WriteOptions,
    )

__all__ = ["arguments_of_write", "arguments_of_writer"]


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
