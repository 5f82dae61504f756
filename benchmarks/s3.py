"""Storewright on S3 beside boto3 and other libraries: what each operation costs its program.

Run: python benchmarks/s3.py [--rounds N] [--only TEXT] [--scheme http|https] [--no-peers] [--json]

The server is nginx, which only discards and answers, so that the client is what is measured. CPU
is the client's, of all its threads. The settings are the same for Storewright and for boto3:
checksums when required, payload signed over http and not over https, path addressing, one pool.
"boto3, default" has nothing set but where the service is: 10 threads, and a CRC32 of each part
beside its signature; "storewright, checksums" has that, too. Each has a process of its own, as it
would have in a program. With --control boto3 stands in Storewright's place, to see what noise does.
The exit status is 1 if one of our rows costs more than its gate allows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from harness.comparison import Case, Comparison, Gate
from harness.contender import TINY, Place, Sizes
from harness.nginx import LISTED, S3Stub
from harness.program import Options, environment, finish, parse, show, warn
from harness.s3_contenders import (
    Boto3,
    Boto3Again,
    Boto3AsOurs,
    Boto3Default,
    Storewright,
    StorewrightChecked,
)
from harness.s3_peers import PEERS

_PACKAGES: Final = (
    "boto3", "botocore", "awscrt", "urllib3", "s3fs", "aiobotocore", "smart_open", "minio",
    "obstore", "opendal",
)  # fmt: skip
_SETTINGS: Final = (
    "checksums when required; payload signed over http only; path addressing; signature s3v4; "
    "{pool} connections; {retries} retries, standard mode; timeouts {connect_timeout} s and "
    "{read_timeout} s; parts of 8 MiB, 4 at once"
)
_STREAMS: Final = (Gate(1.05), Gate(0.5, ("cpu",), "boto3, default"))


_SAME: Final = (Gate(1.05, against="boto3"),)
"""What boto3 may cost as a multiple of itself."""


def _cases(options: Options) -> list[Case]:
    """The cases that the user wants."""
    wanted = options.only or [""]
    cases = [case for case in _all(tiny=options.tiny) if any(text in case.title for text in wanted)]
    return [replace(case, gates=_SAME) for case in cases] if options.control else cases


def _all(*, tiny: bool) -> list[Case]:
    few = 1 if tiny else None
    return [
        Case("put small", "put 4 KiB", few or 100),
        Case("get small", "get 4 KiB", few or 100),
        Case("stat", "stat", few or 100),
        Case("list", f"list {LISTED:,}", few or 4),
        Case("put large", "put 64 MiB", few or 4),
        Case("get large", "get 64 MiB", few or 4),
        Case("read large", "get 64 MiB into a file", few or 16),
        Case("stream", "stream 256 MiB, 8 MiB parts", few or 2, _STREAMS, memory=True),
    ]


def _gated(options: Options) -> Comparison:
    """Only what the gates need: who waits for many others begins each turn with cold memory."""
    ours = Boto3Again if options.control else Storewright
    return Comparison([ours], [Boto3], [Boto3Default], say=warn)


def _beside() -> Comparison:
    """What explains the figures, and other libraries."""
    others = [StorewrightChecked, Boto3AsOurs, Boto3Default]
    return Comparison([Storewright], [Boto3], others, PEERS, warn)


def main() -> None:
    """Print the tables."""
    options = parse("Storewright on S3 beside boto3 and other libraries.")
    sizes = TINY if options.tiny else Sizes()
    done: list[Comparison] = []
    with S3Stub([sizes.small, sizes.large]) as server:
        place = Place("", str(server.ca_file), sizes=sizes)
        shown = {name: getattr(place, name) for name in Place.__dataclass_fields__}
        environment(_PACKAGES, _SETTINGS.format(**shown))
        for scheme in options.scheme:
            there = replace(place, endpoint=server.endpoint(scheme))
            gated = _gated(options)
            gated.run(there, _cases(options), options.rounds)
            show(f"S3 over {scheme}, {options.rounds} rounds", gated)
            done.append(gated)
            if not options.no_peers and not options.control:
                beside = _beside()
                cases = [replace(case, gates=()) for case in _cases(options)]
                beside.run(there, cases, options.rounds)
                show(f"S3 over {scheme}, beside others, {options.rounds} rounds", beside)
    finish(done)


if __name__ == "__main__":
    main()
