"""Going on with an upload whose process has ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from storewright.core.data import SupportsRead
from storewright.core.pairs import Pair
from storewright.core.parts import WriteResult
from storewright.generated.interfaces import Storager

if TYPE_CHECKING:
    from storewright.core.writer import Writer

__all__ = ["resume_from"]


def resume_from(
    state: Mapping[str, Any],
    source: SupportsRead,
    store: Storager,
    *pairs: Pair,
    **options: Any,
) -> WriteResult:
    """Send what is missing of ``source``, and publish the object; returns what was published.

    .. code-block:: python

        with store.open_writer("big.bin") as writer, open("big.bin", "rb") as source:
            while chunk := source.read(8 * 1024 * 1024):
                writer.write(chunk)
                keep(json.dumps(writer.state()))  # you, where it survives the process

        with open("big.bin", "rb") as source:  # another process, after a crash
            storage.resume_from(json.loads(kept()), source, store)

    Args:
        state: What ``writer.state()`` or ``writer.suspend()`` returned. Keeping it is up to you.
            It holds no secret, and may be older than what is stored: the service is asked.
        source: The same data from its first byte. What is stored already is skipped here: by a
            seek, or by reading where it cannot seek or the service knows checksums of the parts,
            which are then compared. It is not closed.
        store: Where the upload was begun. The path is that of the state.
        pairs, options: Those of ``open_writer``. Give again what applies to every part or to
            the end, such as an encryption key or ``if_not_exists``; the upload has the others.

    Until every part is stored, whatever fails leaves them where they are, so that the same state
    can be used again. If publishing itself fails, nothing is left.

    Raises:
        PairValueInvalid: the state is damaged, or belongs to another service or object.
        ObjectNotExist: the upload is gone.
        IntegrityFailed, SizeMismatch: the source is another one, or too short.
        StorageError: what ``open_writer`` and its writer raise.
    """
    from storewright.core.resume import path_of

    path = path_of(state, store.service)
    writer = store.open_writer(path, *pairs, resume=state, **options)
    writer.keep_on_signal()
    try:
        _send_rest(source, writer, store.service, path)
    except BaseException:
        writer.suspend()
        raise
    return writer.commit()


def _send_rest(source: SupportsRead, writer: Writer, service: str, path: str) -> None:
    from storewright.core.streams import Source

    writer.skip(source)
    writer.write_from(Source(source, op="write", service=service, path=path))
    writer.finish()
