"""What writing operations say in each of their calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from storewright.core.errors import PairValueInvalid
from storewright.generated.azblob import bindings as bind
from storewright.services.azblob.encryption import keyed
from storewright.services.azblob.sink import Arguments

if TYPE_CHECKING:
    from storewright.generated.azblob.options import (
        OpenWriterOptions,
        WriteOptions,
    )

__all__ = ["Says"]


class Says:
    """What is said in calls that write, completed and checked; ``secure`` where TLS is spoken."""

    def __init__(self, *, secure: bool) -> None:
        self._secure = secure

    def __call__(self, args: dict[str, Any], if_not_exists: bool | None = None) -> dict[str, Any]:
        """``args`` with what belongs to a key, and the condition that there is no object yet.

        Raises PairValueInvalid for user metadata that cannot be told in headers.
        """
        if "x-ms-meta" in args:
            _check_metadata(args["x-ms-meta"])
        if if_not_exists:
            args["if-none-match"] = "*"
        return keyed(args, secure=self._secure)

    def put(self, options: WriteOptions) -> dict[str, Any]:
        """What write says when one request sends the whole object."""
        return self(bind.write_put_blob(options), options.if_not_exists)

    def of_writer(self, options: OpenWriterOptions) -> Arguments:
        """What open_writer says in each call."""
        new = options.if_not_exists
        return Arguments(
            put=self(bind.open_writer_put_blob(options), new),
            block=self(bind.open_writer_put_block(options)),
            commit=self(bind.open_writer_put_block_list(options), new),
            head=self(_unconditional(bind.open_writer_get_blob_properties(options))),
        )

    def of_write(self, options: WriteOptions) -> Arguments:
        """What write says in each call."""
        block = bind.write_put_block(options)
        block.pop("content-md5", None)  # is of the whole
        return Arguments(
            put=self.put(options),
            block=self(block),
            commit=self(bind.write_put_block_list(options), options.if_not_exists),
            head=self(_unconditional(bind.write_get_blob_properties(options))),
        )


def _unconditional(args: dict[str, Any]) -> dict[str, Any]:
    """What asks for the object just written: conditions were about the one before it."""
    args.pop("if-match", None)
    return args


def _check_metadata(metadata: Mapping[str, str]) -> None:
    for name, value in metadata.items():
        if not (name.isidentifier() and name.isascii()):
            _refuse("names must be like identifiers: letters, digits and underscores")
        if not (value.isascii() and value.isprintable()) or value != value.strip():
            _refuse("values must be printable ASCII without blanks around them")


def _refuse(message: str) -> None:
    raise PairValueInvalid(f"pair 'user_metadata': {message}", pair="user_metadata")
