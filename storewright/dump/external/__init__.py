"""The storage of dumpling and BR under its own names, so that a tool moves over by one import."""

from storewright.dump.external.address import BACKEND_OPTIONS, connection_string
from storewright.dump.external.files import ExternalStorage, open_external
from storewright.dump.external.writer import ExternalFileWriter

__all__ = [
    "BACKEND_OPTIONS",
    "ExternalFileWriter",
    "ExternalStorage",
    "connection_string",
    "open_external",
]
