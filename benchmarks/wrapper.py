"""What a generated method costs over the adapter's private method.

Run: python benchmarks/wrapper.py [--json]

The adapters measured here derive from the generated classes and write `_write` that does nothing
and checks nothing, so that the difference is the generated part alone.
"""

import subprocess
import sys
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


_IMPORT = """
import sys, time
begun = time.perf_counter()
import storewright.storage
took = time.perf_counter() - begun
known = ("boto3", "botocore", "google.cloud.storage", "oss2", "qcloud_cos", "azure")
sdks = [name for name in known if name in sys.modules]
print(took * 1000, ",".join(sdks) or "none")
"""


def _import() -> list[dict[str, object]]:
    times: list[float] = []
    loaded = ""
    for _ in range(9):
        shown = subprocess.run(
            [sys.executable, "-c", _IMPORT], capture_output=True, text=True, check=True
        ).stdout.split()
        times.append(float(shown[0]))
        loaded = shown[1]
    times.sort()
    return [
        {
            "import": "storewright.storage",
            "ms, best": times[0],
            "median": times[len(times) // 2],
            "budget": 40,
            "SDKs loaded": loaded,
        }
    ]


def main() -> None:
    """Print the tables."""
    report("The generated wrapper (15 rounds)", _calls())
    report("Asking (15 rounds, the empty call taken off)", _questions())
    report("Importing, in 9 fresh processes", _import())


if __name__ == "__main__":
    main()
