"""What writing operations say in each of their calls."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from storewright.generated.gcs import bindings as bind
from storewright.services.gcs.conditions import if_new, if_tagged
from storewright.services.gcs.encryption import with_customer_keys
from storewright.services.gcs.sink import Arguments

if TYPE_CHECKING:
    from storewright.generated.gcs.options import (
        OpenWriterOptions,
        WriteOptions,
    )
    from storewright.services.gcs.place import Place

__all__ = ["arguments_of_write", "arguments_of_writer", "xml"]

_CAPITAL: Final = re.compile("(?=[A-Z])")


def arguments_of_writer(options: OpenWriterOptions, place: Place, key: str) -> Arguments:
    """What open_writer's options say in each call."""
    insert = with_customer_keys(bind.open_writer_objects_insert(options))
    look_up = bind.open_writer_objects_look_up(options)
    return Arguments(
        insert=if_new(insert, options.if_not_exists),
        chunk=with_customer_keys(bind.open_writer_upload_chunk(options)),
        condition=partial(if_tagged, place=place, key=key, tag=options.if_match, look_up=look_up),
    )


def arguments_of_write(options: WriteOptions, place: Place, key: str) -> Arguments:
    """What write's options say in each call."""
    insert = with_customer_keys(bind.write_objects_insert(options))
    look_up = bind.write_objects_look_up(options)
    return Arguments(
        insert=if_new(insert, options.if_not_exists),
        chunk=with_customer_keys(bind.write_upload_chunk(options)),
        condition=partial(if_tagged, place=place, key=key, tag=options.if_match, look_up=look_up),
    )


def xml(args: dict[str, Any]) -> dict[str, Any]:
    """``args`` of a call of the XML API, which has words of its own for access control lists."""
    args = with_customer_keys(args)
    acl = args.get("x-goog-acl")
    if acl is not None:
        args["x-goog-acl"] = _CAPITAL.sub("-", acl).lower()
    return args
