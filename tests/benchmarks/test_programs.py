"""The benchmarks run, on data too small to measure anything, and print what they promise."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from boto3.s3.transfer import TransferConfig
from harness.contender import Sizes

from tests.roots import PYTHONPATH, REPOSITORY

CASES: Final = {
    "put 4 KiB",
    "get 4 KiB",
    "stat",
    "list 1,000",
    "put 64 MiB",
    "get 64 MiB",
    "get 64 MiB into a file",
    "stream 256 MiB, 8 MiB parts",
}


SDKS: Final = {
    "Azure": "azure-storage-blob",
    "Google": "google-cloud-storage",
    "Tencent": "cos-python-sdk-v5",
    "Alibaba": "oss2",
}
CLOUD_CASES: Final = {"put 4 KiB", "get 4 KiB", "stat", "stream 64 MiB, 8 MiB parts"}
LISTED: Final = {"Tencent": {"list 1,000"}, "Alibaba": {"list 1,000"}}
MODULE: Final = Path("/usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so")


def printed(name: str, *options: str) -> list[Any]:
    """What a single tiny round of a benchmark prints for programs."""
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed: apt-get install nginx-light")
    program = [sys.executable, f"benchmarks/{name}", "--tiny", "--rounds=1", "--json", *options]
    environment = {**os.environ, "PYTHONPATH": PYTHONPATH}
    done = subprocess.run(
        program, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def tables() -> list[Any]:
    """What benchmarks/s3.py prints of S3 over https."""
    return printed("s3.py", "--no-peers", "--scheme=https")


@pytest.mark.skipif(
    not MODULE.exists(), reason="apt-get install libnginx-mod-http-headers-more-filter"
)
def test_every_cloud_is_measured_beside_its_sdk() -> None:
    clouds = printed("clouds.py", "--scheme=http")
    assert [table["title"].split()[0] for table in clouds] == [*SDKS]
    for table, (cloud, sdk) in zip(clouds, SDKS.items(), strict=True):
        cases = CLOUD_CASES | LISTED.get(cloud, set())
        assert {row["case"] for row in table["rows"]} == cases
        assert {row["name"] for row in table["rows"]} >= {"storewright", sdk}
        gates = {(gate["case"], gate["cost"]) for gate in table["gates"]}
        assert gates == {(case, cost) for case in cases for cost in ("cpu", "wall")}


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.skipif(
    not (shutil.which("mydumper") and shutil.which("mariadbd")),
    reason="apt-get install mariadb-server mydumper",
)
def test_a_dump_is_measured_beside_mydumper_and_its_storage_beside_boto3() -> None:
    disk, server, storage = printed("dump.py", "--only=disk", "--only=storage", "--scheme=http")
    assert {row["name"] for row in disk["rows"]} == {"storewright", "mydumper"}
    assert {(gate["cost"], gate["limit"]) for gate in disk["gates"]} == {
        ("cpu", 1.0),
        ("wall", 1.4),
    }
    assert {row["contender"] for row in server["rows"]} == {"storewright", "mydumper"}
    gates = {(gate["cost"], gate["limit"]) for gate in storage["gates"]}
    assert gates == {("cpu", 1.05), ("wall", 1.05), ("cpu", 0.6)}


def test_every_case_is_measured(tables: list[Any]) -> None:
    (table,) = tables
    rows = {(row["case"], row["name"]): row for row in table["rows"]}
    for case in CASES:
        for name in ("storewright", "boto3", "boto3, default"):
            assert 0 < rows[case, name]["cpu"] < 60
            assert 0 < rows[case, name]["wall"] < 600


def test_every_row_of_ours_has_its_gates(tables: list[Any]) -> None:
    for table in tables:
        gates = {(gate["case"], gate["cost"]) for gate in table["gates"]}
        assert gates == {(case, cost) for case in CASES for cost in ("cpu", "wall")}


def test_streaming_is_held_against_boto3_as_it_comes(tables: list[Any]) -> None:
    (https,) = tables
    limits = {gate["limit"] for gate in https["gates"] if gate["against"] == "boto3, default"}
    assert limits == {0.5}


def test_boto3_as_it_comes_sends_the_parts_that_are_compared() -> None:
    mine, sizes = TransferConfig(), Sizes()
    assert mine.multipart_chunksize == mine.multipart_threshold == sizes.part
    assert mine.max_request_concurrency == 10


def test_memory_of_streaming_is_measured(tables: list[Any]) -> None:
    for table in tables:
        (row,) = (
            row
            for row in table["rows"]
            if row["name"] == "storewright" and row["case"].startswith("stream")
        )
        assert 0 < row["peak"] < 200 * 1024 * 1024
