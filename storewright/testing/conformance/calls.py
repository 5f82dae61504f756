"""Every operation, called with arguments that are right, so that one thing can be made wrong."""

import inspect
import io
from collections.abc import Callable, Mapping
from typing import Any, Final

from storewright import storage
from storewright.storage import OPERATIONS, ObjectMode, Storager
from storewright.testing.conformance.samples import DATA, sample

__all__ = ["INTERFACES", "LOCAL", "NEEDS", "Calls", "mode_of", "neutral", "neutral_pairs"]

LOCAL: Final = frozenset({"create", "metadata"})
"""Operations that make no request."""

NEEDS: Final[Mapping[str, str]] = {
    op: interface
    for interface, operations in OPERATIONS.items()
    if interface != "servicer"
    for op in operations
}
"""Operation -> the interface it belongs to."""

INTERFACES: Final[Mapping[str, type[Storager]]] = {
    cls.INTERFACE: cls
    for cls in vars(storage).values()
    if isinstance(cls, type) and issubclass(cls, Storager)
}
"""Name -> capability interface."""

_POSITIONAL: Final = inspect.Parameter.POSITIONAL_OR_KEYWORD


class Calls:
    """Calls operations of a store, each on objects of its own.

    ``url`` gives the address of some content for ``fetch``.
    """

    def __init__(self, store: Storager, url: Callable[[], str]) -> None:
        self.store: Any = store
        self.url = url
        self.count = 0

    def __call__(self, op: str, *pairs: Any, **options: Any) -> object:
        """Call an operation. A listing is read to its end, and a writer is aborted."""
        arguments = self.arguments(op)
        options = {**self.required(op, pairs), **options}
        return self.finish(getattr(self.store, op)(*arguments, *pairs, **options))

    def required(self, op: str, pairs: tuple[Any, ...] = ()) -> dict[str, Any]:
        """Values of the pairs that an operation cannot do without, unless ``pairs`` has them."""
        given = {getattr(pair, "name", "") for pair in pairs}
        shared = "read" if op == "read_bytes" else op
        specs, names = self.store.options_of(shared), self.store.required(shared)
        return {name: sample(specs[name]) for name in names if name not in given}

    @staticmethod
    def finish(result: Any) -> object:
        """Use up what an operation returned."""
        if hasattr(result, "continuation_token"):
            return list(result)
        if hasattr(result, "abort"):
            result.abort()
        return result

    def arguments(self, op: str) -> tuple[Any, ...]:
        """Right arguments for an operation."""
        parameters = inspect.signature(getattr(self.store, op)).parameters.values()
        names = [p.name for p in parameters if p.kind is _POSITIONAL]
        path = self.new_path()
        given: dict[str, Any] = {
            "path": path,
            "paths": [path],
            "src": path,
            "dst": f"{path}.dst",
            "target": f"{path}.target",
            "data": DATA,
            "writer": io.BytesIO(),
            "index": 0,
            "offset": 0,
            "expire": 60,
            "block_id": "YQ==",
        }
        if "object" in names:
            given["object"] = self.made(op, path)
        if "segment" in names:
            given["segment"] = self.store.init_segment(path)
            self.store.write_segment(given["segment"], DATA, 0)
        if "parts" in names:
            given["parts"] = [self.store.write_multipart(given["object"], DATA, 0)]
        if "block_ids" in names:
            given["block_ids"] = [self.store.write_block(given["object"], DATA, "YQ==").id]
        if op in {"read", "read_bytes", "stat", "copy", "move"}:
            self.store.write(path, DATA)
        return tuple(self.url() if name == "url" else given[name] for name in names)

    def made(self, op: str, path: str) -> Any:
        """The object that an operation works on."""
        for word in ("multipart", "append", "block", "page"):
            if word in op:
                return getattr(self.store, f"create_{word}")(path)
        return self.store.create(path)

    def new_path(self) -> str:
        """A path that no call has used."""
        self.count += 1
        return f"call-{self.count}"


def neutral(op: str) -> Callable[..., Any]:
    """An operation as its interface declares it."""
    method: Callable[..., Any] = getattr(INTERFACES[NEEDS[op]], op)
    return method


def neutral_pairs(op: str) -> list[str]:
    """The pairs that are in every service's signature of an operation."""
    parameters = inspect.signature(neutral(op)).parameters.values()
    return [p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY]


def mode_of(op: str) -> ObjectMode | None:
    """The mode that the object handed to an operation must have."""
    names = {"multipart": ObjectMode.PART, "append": ObjectMode.APPEND}
    names |= {"block": ObjectMode.BLOCK, "page": ObjectMode.PAGE}
    return next((mode for word, mode in names.items() if word in op), None)
