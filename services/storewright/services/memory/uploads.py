"""Objects in the making: parts, blocks and segments that nobody sees until they are completed."""

import itertools
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from storewright.core.assembly import check_parts
from storewright.core.errors import RestrictionDissatisfied
from storewright.core.parts import Block, Part
from storewright.core.ranges import Ranges
from storewright.services.memory.entries import PLAIN, Attributes

__all__ = ["Blocks", "Multipart", "Segments", "Upload"]

_serials: Final = itertools.count(1)


class Upload:
    """What the kinds of uploads share."""

    def __init__(self, key: str, attributes: Attributes = PLAIN) -> None:
        self.key = key
        self.id = os.urandom(8).hex()
        self.begun = datetime.now(UTC)
        self.attributes = attributes

    @property
    def order(self) -> str:
        """Where it stands in a listing of uploads."""
        return f"{self.key}\0{self.id}"


class Multipart(Upload):
    """Numbered parts."""

    def __init__(self, key: str, attributes: Attributes = PLAIN) -> None:
        super().__init__(key, attributes)
        self._parts: dict[int, tuple[Part, bytes]] = {}

    def put(self, index: int, content: bytes) -> Part:
        """Keep a part, in place of an older one of the same index."""
        part = Part(index, len(content), f'"{next(_serials):x}"')
        self._parts[index] = part, content
        return part

    @property
    def parts(self) -> Sequence[Part]:
        """The parts so far, by index."""
        return [self._parts[index][0] for index in sorted(self._parts)]

    def join(self, parts: Sequence[Part]) -> bytes:
        """The content made of ``parts``, each of which must be here unchanged, in rising order."""
        check_parts(parts, {index: part for index, (part, _) in self._parts.items()})
        return b"".join(self._parts[part.index][1] for part in parts)


class Blocks(Upload):
    """Blocks that the caller names."""

    def __init__(self, key: str, attributes: Attributes = PLAIN) -> None:
        super().__init__(key, attributes)
        self._blocks: dict[str, bytes] = {}

    def put(self, block_id: str, content: bytes) -> Block:
        """Keep a block, in place of an older one of the same id."""
        self._blocks[block_id] = content
        return Block(block_id, len(content))

    @property
    def blocks(self) -> Sequence[Block]:
        """The blocks so far, in the order in which they came."""
        return [Block(block_id, len(content)) for block_id, content in self._blocks.items()]

    def join(self, block_ids: Iterable[str]) -> bytes:
        """The content made of the blocks named."""
        return b"".join(_block(self._blocks, block_id) for block_id in block_ids)


def _block(blocks: Mapping[str, bytes], block_id: str) -> bytes:
    try:
        return blocks[block_id]
    except KeyError:
        raise RestrictionDissatisfied(f"block {block_id!r} was not uploaded") from None


class Segments(Upload):
    """Bytes written at offsets; what is written later wins."""

    def __init__(self, key: str, attributes: Attributes = PLAIN) -> None:
        super().__init__(key, attributes)
        self._pieces: list[tuple[int, bytes]] = []
        self._ranges = Ranges()

    def put(self, offset: int, content: bytes) -> None:
        """Keep bytes."""
        self._pieces.append((offset, content))
        self._ranges.add(offset, offset + len(content))

    def join(self) -> bytes:
        """The content, which must have no gap."""
        if gap := self._ranges.gap():
            raise RestrictionDissatisfied(f"bytes {gap[0]} to {gap[1]} were not written")
        content = bytearray(self._ranges.size)
        for offset, piece in self._pieces:
            content[offset : offset + len(piece)] = piece
        return bytes(content)
