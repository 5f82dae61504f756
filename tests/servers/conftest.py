"""The emulated vendors, and their own SDKs."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.servers.cos_sdk import Cos
from tests.servers.shim_server import CosShim, OssShim


@pytest.fixture(scope="session")
def oss2(oss_shim: OssShim) -> Any:
    """Alibaba Cloud's SDK, which is untyped."""
    return pytest.importorskip("oss2")


@pytest.fixture(scope="session")
def bucket_name(oss_shim: OssShim, oss2: Any) -> str:
    """One bucket for all: the server is slow to make room for a new one."""
    name = f"shim-{uuid.uuid4().hex[:20]}"
    auth = oss2.Auth(oss_shim.access_key, oss_shim.secret_key)
    oss2.Bucket(auth, oss_shim.endpoint, name).create_bucket()
    return name


@pytest.fixture(params=["v1", "v4"])
def auth(request: pytest.FixtureRequest, oss_shim: OssShim, oss2: Any) -> Any:
    """What signs, in both versions."""
    return oss2.make_auth(oss_shim.access_key, oss_shim.secret_key, request.param)


@pytest.fixture
def bucket(oss_shim: OssShim, oss2: Any, auth: Any, bucket_name: str) -> Any:
    """The SDK's bucket."""
    return oss2.Bucket(auth, oss_shim.endpoint, bucket_name, region=oss_shim.region)


@pytest.fixture
def key() -> str:
    """The key of an object that nobody else has, with letters that must be encoded."""
    return f"{uuid.uuid4().hex}/a b+ü%&?.txt"


@pytest.fixture(scope="session")
def cos(cos_shim: CosShim) -> Cos:
    """Tencent Cloud's SDK, and a bucket."""
    return Cos(cos_shim)
