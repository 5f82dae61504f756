"""Storewright on other clouds beside their vendors' SDKs: what each operation costs its program.

Run: python benchmarks/clouds.py [--rounds N] [--only TEXT] [--scheme http|https] [--json]

As benchmarks/s3.py, of which the method is. `--only` may name a cloud too.
"""

from __future__ import annotations

from typing import Final

from harness.clouds_contenders import AzureSdk, GoogleSdk, StorewrightAzure, StorewrightGoogle
from harness.clouds_cos import CosSdk, CosStub, StorewrightCos
from harness.clouds_oss import OssSdk, OssStub, StorewrightOss, crcmod_kind
from harness.comparison import Case, Comparison, Gate
from harness.contender import MIB, TINY, Contender, Place, Sizes
from harness.nginx import Nginx
from harness.nginx_clouds import AzureStub, GoogleStub
from harness.program import Options, environment, finish, parse, show, warn

_PACKAGES: Final = (
    "azure-storage-blob",
    "azure-core",
    "google-cloud-storage",
    "cos-python-sdk-v5",
    "oss2",
    "requests",
)
_SETTINGS: Final = "32 connections, parts of 8 MiB, 4 at once where the SDK can; checksums as is"
_SIZES: Final = Sizes(stream=64 * MIB)
_CLOUDS: Final[dict[str, tuple[type[Nginx], type[Contender], type[Contender]]]] = {
    "Azure": (AzureStub, StorewrightAzure, AzureSdk),
    "Google": (GoogleStub, StorewrightGoogle, GoogleSdk),
    "Tencent": (CosStub, StorewrightCos, CosSdk),
    "Alibaba": (OssStub, StorewrightOss, OssSdk),
}
_LISTING: Final = ("Tencent", "Alibaba")
"""The clouds of which a list is measured, too."""
_STREAMS: Final[dict[str, tuple[Gate, ...]]] = {
    "Alibaba": (Gate(0.5, ("cpu",), "oss2"), Gate(1.05, ("wall",)))
}
"""What a stream may cost, where it is not the usual."""


def _cases(cloud: str, options: Options) -> list[Case]:
    count = 1 if options.tiny else 100
    cases = [
        Case("put small", "put 4 KiB", count),
        Case("get small", "get 4 KiB", count),
        Case("stat", "stat", count),
    ]
    if cloud in _LISTING:
        cases.append(Case("list", "list 1,000", 1 if options.tiny else 5))
    gates = _STREAMS.get(cloud, (Gate(1.05),))
    cases.append(Case("stream", "stream 64 MiB, 8 MiB parts", 1 if options.tiny else 3, gates))
    wanted = [text for text in options.only if text not in _CLOUDS]
    if any(text in _CLOUDS for text in options.only) and cloud not in options.only:
        return []
    return [c for c in cases if not wanted or any(text in c.title for text in wanted)]


def main() -> None:
    """Print the tables."""
    options = parse("Storewright on other clouds beside their vendors' SDKs.")
    sizes = TINY if options.tiny else _SIZES
    environment(_PACKAGES, f"{_SETTINGS}; {crcmod_kind()}")
    done: list[Comparison] = []
    for cloud, (stub, ours, theirs) in _CLOUDS.items():
        cases = _cases(cloud, options)
        if not cases:
            continue
        with stub([sizes.small]) as server:
            for scheme in options.scheme:
                place = Place(server.endpoint(scheme), str(server.ca_file), sizes=sizes)
                done.append(Comparison([ours], [theirs], say=warn))
                done[-1].run(place, cases, options.rounds)
                show(f"{cloud} over {scheme}, {options.rounds} rounds", done[-1])
    finish(done)


if __name__ == "__main__":
    main()
