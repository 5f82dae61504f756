"""Five ways to ask whether a storage can do something (seed 002, RFC-1), reproduced for Python.

Run: python benchmarks/capability.py [--json]

The proposal compared them in Go and chose the interface for its clarity at a middling price. Here
the interface is also among the cheapest, because interfaces are plain classes.
"""

from collections.abc import Callable
from enum import IntFlag

from timing import interleaved, report

from storewright import storage
from storewright.services.memory import MemoryStorage


class Capability(IntFlag):
    COPY = 1
    MOVE = 2


class Asked(MemoryStorage):
    """A storage that answers in the four ways that were not chosen."""

    capability = 3
    flags = Capability.COPY | Capability.MOVE

    def copyable(self) -> bool:
        return True

    def refuse(self) -> None:
        raise NotImplementedError


def _error(store: Asked) -> bool:
    try:
        store.refuse()
    except NotImplementedError:
        return False
    return True


def _absent(store: storage.Storager) -> bool:
    try:
        getattr(store, "query_sign_http_read")  # noqa: B009 - not there, which is the point
    except AttributeError:
        return False
    return True


def main() -> None:
    """Print the table."""
    store, copier, copy = Asked(), storage.Copier, Capability.COPY
    ways: dict[str, Callable[[], object]] = {
        "isinstance(store, Copier)": lambda: isinstance(store, copier),
        "store.copyable()": lambda: store.copyable(),  # noqa: PLW0108 - each way is one lambda deep
        "store.capability & 1": lambda: store.capability & 1,
        "store.flags & Capability.COPY": lambda: store.flags & copy,
        "store.features.write_empty_object": lambda: store.features.write_empty_object,
        "call, catch NotImplementedError": lambda: _error(store),
        "absent attribute, catch AttributeError": lambda: _absent(store),
    }
    empty = interleaved({"": lambda: None})[""].best
    measured = interleaved(ways)
    base = measured["isinstance(store, Copier)"].best - empty
    rows: list[dict[str, object]] = [
        {
            "way": way,
            "ns": round(m.best - empty, 1),
            "to the interface": (m.best - empty) / base,
        }
        for way, m in measured.items()
    ]
    report("Asking for a capability (best of 15 rounds, the empty call taken off)", rows)


if __name__ == "__main__":
    main()
