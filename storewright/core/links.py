"""Virtual links: empty objects whose metadata name the target."""

from typing import Protocol, final
from urllib.parse import quote, unquote

from storewright.core.modes import OBJECT_MODES
from storewright.core.paths import WorkDir

__all__ = ["VirtualLinks"]


class _Item(Protocol):
    """As much of an Object as a link changes."""

    mode: int
    link_target: str | None
    user_metadata: dict[str, str] | None


@final
class VirtualLinks:
    """What makes an object a link: a user metadatum, the target's key as percent-encoded UTF-8."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        """``name`` of the metadatum, in lower case."""
        self._name = name

    def metadata_of(self, target_key: str) -> dict[str, str]:
        """The user metadata of a link."""
        return {self._name: quote(target_key)}

    def as_link(self, item: _Item, work_dir: WorkDir) -> None:
        """Turn ``item`` into a link, if its metadata say that it is one."""
        metadata = item.user_metadata or {}
        target = next((value for name, value in metadata.items() if self._is_target(name)), None)
        if target is not None:
            item.mode = OBJECT_MODES["link"]
            item.link_target = _path(work_dir, unquote(target))
            item.user_metadata = {n: v for n, v in metadata.items() if not self._is_target(n)}

    def _is_target(self, name: str) -> bool:
        """Metadata are headers: some stores change their case."""
        return name.lower() == self._name


def _path(work_dir: WorkDir, key: str) -> str:
    """The target relative to work_dir where it lies inside, else absolute."""
    return work_dir.path(key) if key.startswith(work_dir.key_prefix) else f"/{key}"
