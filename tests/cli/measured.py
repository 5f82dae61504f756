"""The command line as a program that says how much memory it took."""

__all__ = ["measured"]

_PROGRAM = """
import pathlib, re, sys
import {modules}  # what the SDKs take is none of ours
from storewright.cli import main
def peak():
    return int(re.search(r"VmHWM:\\s*(\\d+) kB", pathlib.Path("/proc/self/status").read_text())[1])
before = peak()
try:
    main()
except SystemExit as end:
    print((peak() - before) * 1024, file=sys.stderr)
    raise
"""


def measured(*services: str) -> str:
    """Its code: the last line on standard error says by how many bytes the process grew."""
    modules = ", ".join(f"storewright.services.{name}" for name in services)
    return _PROGRAM.format(modules=modules)
