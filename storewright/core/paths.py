"""Paths, keys and work_dir.

A *path* is what the caller writes: relative to work_dir, or absolute (``/...``) from the root of
the storage but inside work_dir. A *key* is what a service stores: the whole name from the root of
the storage, without a leading slash. Both are opaque: only ``/`` separates, a backslash is an
ordinary character, ``.`` and empty segments are kept, and ``a/`` is not ``a``.
"""

from typing import Final, NoReturn, final

from storewright.core.errors import PathInvalid

__all__ = ["WorkDir", "check_path"]


def check_path(path: str) -> str:
    """``path`` unchanged, or PathInvalid if it is no str, has a NUL or a ``..`` segment."""
    if type(path) is str and "\0" not in path and ".." not in path:
        return path
    return _checked(path)


def _checked(path: object) -> str:
    if not isinstance(path, str):
        raise PathInvalid(f"path must be str, not {type(path).__name__}")
    if "\0" in path:
        raise PathInvalid("path contains a NUL character", path=path)
    if ".." in path.split("/"):
        raise PathInvalid("path contains a '..' segment", path=path)
    return str.__str__(path)


def _check_unicode(path: str) -> None:
    try:
        path.encode()
    except UnicodeEncodeError:
        message = "path cannot be written in UTF-8, as the service demands"
        raise PathInvalid(message, path=path) from None


@final
class WorkDir:
    """The directory that a store is confined to; it translates between paths and keys.

    ``text`` is absolute (``/a/b``, a trailing slash makes no difference) or empty for the root.
    Raises PathInvalid for anything else. Nothing that the methods return leaves the directory.
    ``unicode`` refuses what cannot be written in UTF-8, as names of local files may be.
    """

    __slots__ = ("_unicode", "key_prefix", "prefix")

    prefix: Final[str]
    """The directory as an absolute path with its trailing slash: ``/`` or ``/a/b/``."""
    key_prefix: Final[str]
    """What every key starts with: empty or ``a/b/``."""

    def __init__(self, text: str = "/", *, unicode: bool = False) -> None:
        self._unicode = unicode
        text = self._checked(text) or "/"
        if not text.startswith("/"):
            raise PathInvalid("work_dir must be absolute", path=text, hint=f"write '/{text}'")
        self.prefix = text if text.endswith("/") else text + "/"
        self.key_prefix = self.prefix[1:]

    def key(self, path: str) -> str:
        """The key of ``path``; that of the empty path is work_dir's own (``a/b/``, or empty).

        Raises PathInvalid for a malformed path and for one outside work_dir.
        """
        self._checked(path)
        if not path.startswith("/"):
            return self.key_prefix + path
        return path[1:] if path.startswith(self.prefix) else self._outside(path)

    def object_key(self, path: str) -> str:
        """Like :meth:`key`, but refuses the path of work_dir itself: no object can be there."""
        key = self.key(path)
        if key == self.key_prefix:
            raise PathInvalid("path is empty: it names work_dir, not an object", path=path)
        return key

    def list_prefix(self, path: str, directory: bool) -> str:
        """What the keys to be listed start with: empty, or with ``directory`` ending in ``/``.

        ``directory`` lists one directory: ``b`` and ``b/`` both give ``a/b/``. Otherwise any key
        that starts with the path is meant: ``b`` gives ``a/b``, which also matches ``a/bc``.
        """
        if not directory:
            return self.key(path)
        if path + "/" == self.prefix:  # work_dir itself, written without its slash
            return self.key_prefix
        key = self.key(path)
        return key if not key or key.endswith("/") else key + "/"

    def path(self, key: str) -> str:
        """The path of ``key``, relative to work_dir: the inverse of :meth:`key`.

        A key with an empty segment right below work_dir (``a/b//c``) has no relative path, so its
        absolute one is given. Raises PathInvalid for a key outside work_dir.
        """
        if not key.startswith(self.key_prefix):
            self._outside(key)
        relative = key[len(self.key_prefix) :]
        return self.prefix + relative if relative.startswith("/") else relative

    def _checked(self, path: str) -> str:
        path = check_path(path)
        if self._unicode and not path.isascii():
            _check_unicode(path)
        return path

    def _outside(self, path: str) -> NoReturn:
        raise PathInvalid(f"path is outside work_dir {self.prefix!r}", path=path)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WorkDir) and self.prefix == other.prefix

    def __hash__(self) -> int:
        return hash(self.prefix)

    def __str__(self) -> str:
        return self.prefix

    def __repr__(self) -> str:
        return f"WorkDir({self.prefix!r})"
