"""What a generated method costs over the adapter's private method.

Run: python benchmarks/wrapper.py [--json]

The adapters measured here derive from the generated classes and write `_write` that does nothing
and checks nothing, so that the difference is the generated part alone.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable

from timing import interleaved, report

from storewright import storage
from storewright.core.data import Data
from storewright.generated import memory as memory_spec
from storewright.generated import s3 as s3_spec
from storewright.generated.memory.options import WriteOptions as MemoryWriteOptions
from storewright.generated.s3.options import NewStorageOptions as S3NewOptions
from storewright.generated.s3.options import WriteOptions as S3WriteOptions
from storewright.services.memory import MemoryStorage

KEY = bytes(32)
DATA = b"x"


class Memory(memory_spec.MemoryStorageBase):
    def _write(self, path: str, data: Data, options: MemoryWriteOptions) -> int:
        return 1


class S3(s3_spec.S3StorageBase):
    def _connect(self, options: S3NewOptions) -> None:
        pass

    def _write(self, path: str, data: Data, options: S3WriteOptions) -> int:
        return 1


def _calls() -> list[dict[str, object]]:
    memory, s3 = Memory(), S3(name="bucket")
    plain_memory, plain_s3 = MemoryWriteOptions(), S3WriteOptions()
    content, size, seconds = (
        storage.with_content_type("text/plain"),
        storage.with_size(1),
        storage.with_timeout(5.0),
    )
    subjects: dict[str, tuple[str, Callable[[], object]]] = {
        "memory._write": ("memory", lambda: memory._write("a", DATA, plain_memory)),
        "memory.write, nothing": ("memory", lambda: memory.write("a", DATA)),
        "memory.write, 3 keywords": (
            "memory",
            lambda: memory.write("a", DATA, size=1, content_type="text/plain", timeout=5.0),
        ),
        "memory.write, 3 ready Pairs": (
            "memory",
            lambda: memory.write("a", DATA, content, size, seconds),
        ),
        "s3._write": ("s3", lambda: s3._write("a", DATA, plain_s3)),
        "s3.write, nothing": ("s3", lambda: s3.write("a", DATA)),
        "s3.write, 3 keywords": (
            "s3",
            lambda: s3.write("a", DATA, size=1, content_type="text/plain", storage_class="X"),
        ),
        "s3.write, 3 ready Pairs": ("s3", lambda: s3.write("a", DATA, content, size, seconds)),
    }
    measured = interleaved({name: subject for name, (_, subject) in subjects.items()})
    budget = {"nothing": 1000, "3 keywords": 2000, "3 ready Pairs": 2000}
    rows: list[dict[str, object]] = []
    for name, (service, _) in subjects.items():
        base = measured[f"{service}._write"]
        kind = name.partition(", ")[2]
        if kind:
            over = measured[name].best - base.best
            median = measured[name].median - base.median
            rows.append(
                {
                    "call": name,
                    "ns over _write": round(over),
                    "median": round(median),
                    "budget": budget[kind],
                }
            )
    return rows


class Plain:
    def __init__(self) -> None:
        self.features = memory_spec.StorageFeatures()


class PlainChild(Plain):
    pass


def _questions() -> list[dict[str, object]]:
    store, plain = MemoryStorage(), PlainChild()
    copier, signer = storage.Copier, storage.StorageHTTPSigner
    plain_class, memory = Plain, Memory
    pairs: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "isinstance(store, Copier)": (
            lambda: isinstance(store, copier),
            lambda: isinstance(plain, plain_class),
        ),
        "isinstance(store, StorageHTTPSigner), no": (
            lambda: isinstance(store, signer),
            lambda: isinstance(plain, memory),
        ),
        "store.features.write_empty_object": (
            lambda: store.features.write_empty_object,
            lambda: plain.features.write_empty_object,
        ),
    }
    rows: list[dict[str, object]] = []
    for name, (ours, theirs) in pairs.items():
        m = interleaved({"empty": lambda: None, "ours": ours, "plain": theirs}, number=100_000)
        ours_ns, plain_ns = (m[k].best - m["empty"].best for k in ("ours", "plain"))
        rows.append(
            {"question": name, "ns": ours_ns, "plain class": plain_ns, "ratio": ours_ns / plain_ns}
        )
    return rows


_BEGIN = """
import sys, time
begun = time.process_time()
"""
_END = """
took = time.process_time() - begun
sdks = {"boto3", "botocore", "google", "oss2", "qcloud_cos", "azure"} & set(sys.modules)
print(took * 1000, len(sys.modules), ",".join(sdks) or "none")
"""
_PROGRAMS = {
    "import storewright.storage": 40,
    "import storewright.storage; storewright.storage.open('memory://')": None,
    # for comparison: what a library like this one usually begins with
    "import dataclasses, logging, json, urllib.parse": None,
}


def _import() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for program, budget in _PROGRAMS.items():
            runs = [_run(program, environment) for _ in range(16)][1:]  # the first compiles
            times = sorted(float(took) for took, _, _ in runs)
            rows.append(
                {
                    "program": program,
                    "ms of CPU, best": times[0],
                    "median": times[len(times) // 2],
                    "budget": "" if budget is None else budget,
                    "modules": runs[0][1],
                    "SDKs loaded": runs[0][2],
                }
            )
    return rows


def _run(program: str, environment: dict[str, str]) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", _BEGIN + program + _END],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.split()


def main() -> None:
    """Print the tables."""
    report("The generated wrapper (15 rounds)", _calls())
    report("Asking (15 rounds, the empty call taken off)", _questions())
    report("Importing, in 15 fresh processes", _import())


if __name__ == "__main__":
    main()
