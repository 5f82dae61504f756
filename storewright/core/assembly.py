"""Whether an object can be made of the parts that somebody names."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from storewright.core.errors import RestrictionDissatisfied
from storewright.core.parts import Part

__all__ = ["check_parts"]


def check_parts(parts: Sequence[Part], stored: Mapping[int, Part]) -> None:
    """Raise RestrictionDissatisfied unless there are ``parts``, all of them as they are stored.

    Their indexes must rise; some may be left out. A part that was replaced has another ETag.
    """
    if not parts:
        raise RestrictionDissatisfied("an upload is completed with at least one part")
    if any(a.index >= b.index for a, b in pairwise(parts)):
        raise RestrictionDissatisfied("the parts are not in rising order of their indexes")
    for part in parts:
        found = stored.get(part.index)
        if found is None or found.etag != part.etag:
            raise RestrictionDissatisfied(f"part {part.index} was not uploaded, or was replaced")
