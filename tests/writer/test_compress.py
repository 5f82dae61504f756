"""Compression: whole or an error, in bounded memory, the same bytes for the same data."""

import bz2
import gzip
import io
import os
import sys
from itertools import pairwise
from typing import Any, cast

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from storewright.core.compress import codec_for, compressor, decompressed
from storewright.core.errors import IntegrityFailed, MissingExtra, PairValueInvalid, SizeMismatch
from storewright.core.parts import PartLimits
from tests.writer.support import Service

DATA = os.urandom(50_000) + b"\0" * 200_000 + b"abc" * 20_000
CODECS = ["gzip", "zstd"]


def packed(codec: str, data: bytes) -> bytes:
    made = compressor(codec)
    return made.compress(data[:1000]) + made.compress(data[1000:]) + made.flush()


def unpacked(codec: str, data: bytes) -> bytes:
    return decompressed(io.BytesIO(data), codec, "a").read()


@pytest.mark.parametrize("codec", CODECS)
def test_other_programs_can_read_it(codec: str) -> None:
    data = packed(codec, DATA)
    if codec == "gzip":
        assert gzip.decompress(data) == DATA
    else:
        with zstandard.ZstdDecompressor().stream_reader(data) as reader:
            assert reader.read() == DATA


@pytest.mark.parametrize("codec", CODECS)
def test_the_same_data_gives_the_same_bytes(codec: str) -> None:
    assert packed(codec, DATA) == packed(codec, DATA)


@pytest.mark.parametrize("codec", CODECS)
@given(data=st.binary(max_size=3000), cuts=st.lists(st.integers(0, 3000), max_size=5))
def test_round_trip(codec: str, data: bytes, cuts: list[int]) -> None:
    made, pieces = compressor(codec), sorted({0, *cuts, len(data)})
    stored = b"".join(made.compress(data[a:b]) for a, b in pairwise(pieces))
    stored += made.flush()
    assert unpacked(codec, stored) == data


@pytest.mark.parametrize("codec", CODECS)
def test_several_members_are_one_stream(codec: str) -> None:
    data = packed(codec, b"") + packed(codec, DATA) + packed(codec, b"end")
    assert unpacked(codec, data) == DATA + b"end"


def test_padding_after_gzip_members_is_skipped() -> None:
    data = packed("gzip", b"") + b"\0" * 10 + packed("gzip", b"end") + b"\0" * 3
    assert unpacked("gzip", data) == b"end"


@pytest.mark.parametrize("codec", CODECS)
def test_every_truncation_is_an_error(codec: str) -> None:
    data = packed(codec, b"some data, " * 20 + os.urandom(50))
    for size in range(1, len(data)):
        with pytest.raises(SizeMismatch, match="read: a: the compressed data ends too early"):
            unpacked(codec, data[:size])


@pytest.mark.parametrize("codec", CODECS)
def test_damage_is_an_error(codec: str) -> None:
    data = bytearray(packed(codec, DATA))
    for at in (len(data) // 2, len(data) - 2):
        damaged = bytearray(data)
        damaged[at] ^= 0xFF
        with pytest.raises((IntegrityFailed, SizeMismatch)):
            unpacked(codec, bytes(damaged))
    with pytest.raises(IntegrityFailed, match="damaged"):
        unpacked(codec, bytes(data) + b"garbage")
    with pytest.raises(IntegrityFailed, match="damaged"):
        unpacked(codec, bz2.compress(DATA))


@pytest.mark.parametrize("codec", CODECS)
def test_reading_is_bounded_whatever_the_ratio(codec: str) -> None:
    """A gigabyte of zeros is some 30 kB of zstd: it must not be decompressed at once."""
    made = compressor(codec)
    stored = b"".join(made.compress(bytes(1 << 20)) for _ in range(300)) + made.flush()
    file = decompressed(io.BytesIO(stored), codec)
    largest = 0
    raw = file.raw
    while file.read(1 << 20):
        largest = max(largest, len(cast("Any", raw)._output))
    assert largest <= 80 << 20


@pytest.mark.parametrize("codec", CODECS)
def test_seeking(codec: str) -> None:
    file = decompressed(io.BytesIO(packed(codec, DATA)), codec, "a")
    assert file.seekable()
    assert file.name == "a"
    for at in (1000, 5, 200_000, 199_999, 0):
        assert file.seek(at) == at
        assert file.tell() == at
        assert file.read(10) == DATA[at : at + 10]
    assert file.seek(-3, io.SEEK_END) == len(DATA) - 3
    assert file.read() == b"abc"
    assert file.seek(10, io.SEEK_END) == len(DATA)  # there is nothing after the end
    with pytest.raises(ValueError, match="negative"):
        file.seek(-1)


@pytest.mark.parametrize("codec", CODECS)
def test_the_writer_compresses_into_parts(codec: str) -> None:
    service, limits = Service(), PartLimits()
    with service.writer(compression=codec, part_size=1000, limits=limits) as writer:
        for start in range(0, len(DATA), 777):
            writer.write(DATA[start : start + 777])
        assert writer.tell() == len(DATA)
    assert unpacked(codec, service.objects["a"]) == DATA
    assert service.calls.count("write_part") > 10
    with service.writer("empty", compression=codec):
        pass
    assert unpacked(codec, service.objects["empty"]) == b""
    with pytest.raises(KeyError), service.writer("b", compression=codec, limits=limits) as writer:
        writer.write(DATA)
        raise KeyError
    assert "b" not in service.objects


@pytest.mark.parametrize(
    ("compression", "path", "codec"),
    [
        (None, "a.gz", None),
        ("none", "a.gz", None),
        ("infer", "dir.gz/a", None),
        ("infer", "a.sql.gz", "gzip"),
        ("infer", "a.GZ", "gzip"),
        ("infer", "a.zst", "zstd"),
        ("infer", "a", None),
        ("infer", "", None),
        ("gzip", "a", "gzip"),
        ("zstd", "a.gz", "zstd"),
    ],
)
def test_the_codec_is_the_option_or_the_extension(
    compression: str | None, path: str, codec: str | None
) -> None:
    assert codec_for(compression, path) == codec


def test_an_unknown_codec_is_refused() -> None:
    with pytest.raises(PairValueInvalid, match="expected gzip, zstd, none or infer, got 'rar'"):
        Service().writer(compression="rar")


def test_missing_zstd_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    service = Service()
    with pytest.raises(MissingExtra, match=r"pip install 'storewright\[zstd\]'"):
        service.writer(compression="zstd")
    with pytest.raises(MissingExtra):
        decompressed(io.BytesIO(), "zstd")
    assert not service.calls
