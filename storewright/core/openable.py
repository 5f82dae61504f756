"""What gives every store `open(path, mode)`."""

__all__ = ["Openable"]


class Openable:
    """Opens objects as files."""
