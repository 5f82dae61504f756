"""`mydumper` with limited disk: its files go to a storage while it still writes others.

What is on disk stays below a limit, a file is deleted only when the storage is seen to have it, and
the manifest is written last. Two modes: :mod:`watch` stops and continues a mydumper of any version;
a stream, which versions from 1.0 on can write, needs no stopping.
"""

from storewright.dump.mydumper.child import Child
from storewright.dump.mydumper.figures import Figures
from storewright.dump.mydumper.mode import Mode
from storewright.dump.mydumper.run import mydumper
from storewright.dump.mydumper.settings import Settings
from storewright.dump.mydumper.sources import FileSource, MemorySource, Source
from storewright.dump.mydumper.upload import Uploads

__all__ = [
    "Child",
    "Figures",
    "FileSource",
    "MemorySource",
    "Mode",
    "Settings",
    "Source",
    "Uploads",
    "mydumper",
]
