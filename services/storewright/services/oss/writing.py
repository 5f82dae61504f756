"""What writing operations say in each of their calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from storewright.generated.oss import bindings as bind
from storewright.services.oss.calls import split
from storewright.services.oss.sink import Arguments

if TYPE_CHECKING:
    from storewright.generated.oss.options import (
        OpenWriterOptions,
        WriteOptions,
    )

__all__ = ["arguments_of_write", "arguments_of_writer", "new_headers", "put_headers"]

_TYPE: Final = "application/octet-stream"


def headers_of(args: Mapping[str, Any]) -> dict[str, str]:
    """The headers of a call that has no parameters."""
    return split(args)[0]


def new_headers(args: Mapping[str, Any]) -> dict[str, str]:
    """The headers of a call that makes an object.

    Without a Content-Type, oss2 would guess one from the key.
    """
    headers = split(args)[0]
    headers.setdefault("Content-Type", _TYPE)
    return headers


def put_headers(options: WriteOptions) -> dict[str, str]:
    """What write's options say when one request sends the whole object."""
    return new_headers(bind.write_put_object(options))


def arguments_of_writer(options: OpenWriterOptions) -> Arguments:
    """What open_writer's options say in each call."""
    return Arguments(
        put=new_headers(bind.open_writer_put_object(options)),
        init=new_headers(bind.open_writer_init_multipart_upload(options)),
        upload=headers_of(bind.open_writer_upload_part(options)),
        complete=headers_of(bind.open_writer_complete_multipart_upload(options)),
        abort=headers_of(bind.open_writer_abort_multipart_upload(options)),
        list=headers_of(bind.open_writer_list_parts(options)),
        head=headers_of(bind.open_writer_head_object(options)),
    )


def arguments_of_write(options: WriteOptions) -> Arguments:
    """What write's options say in each call."""
    upload = headers_of(bind.write_upload_part(options))
    upload.pop("Content-MD5", None)  # is of the whole
    return Arguments(
        put=put_headers(options),
        init=new_headers(bind.write_init_multipart_upload(options)),
        upload=upload,
        complete=headers_of(bind.write_complete_multipart_upload(options)),
        abort=headers_of(bind.write_abort_multipart_upload(options)),
        list={},  # a write is never resumed
        head=headers_of(bind.write_head_object(options)),
    )
