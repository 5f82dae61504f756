"""Servers that speak S3's protocol: each starts, keeps what it is given, and ends whole."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from storewright.testing.servers import (
    Ceph,
    JuiceFS,
    Ministack,
    Moto,
    Rclone,
    S3Server,
    ServerNotInstalled,
    Swift,
)

from .test_servers import becomes_true, status

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

TLS: Final = {"tls": True}
QUICK: Final = [
    pytest.param(JuiceFS, {}, id="juicefs"),
    pytest.param(Ministack, {}, id="ministack"),
    pytest.param(Ministack, TLS, id="ministack over TLS"),
    pytest.param(Moto, {}, id="moto"),
    pytest.param(Moto, TLS, id="moto over TLS"),
    pytest.param(Rclone, {}, id="rclone"),
    pytest.param(Rclone, TLS, id="rclone over TLS"),
]
SLOW: Final = [
    pytest.param(Ceph, TLS, id="ceph over TLS", marks=pytest.mark.slow),
    pytest.param(Swift, {}, id="swift", marks=pytest.mark.slow),
]
TAKES_ANY_SIGNATURE: Final = (Ministack, Moto)


def client_of(server: S3Server, secret_key: str = "") -> "S3Client":
    """A client that sends nothing which an old server does not understand."""
    import boto3

    client: S3Client = boto3.session.Session().client(
        "s3",
        endpoint_url=server.endpoint,
        aws_access_key_id=server.access_key,
        aws_secret_access_key=secret_key or server.secret_key,
        region_name=server.location,
        verify=str(server.ca_file) if server.tls else None,
        config=Config(request_checksum_calculation="when_required"),
    )
    return client


def processes_of(folder: Path) -> list[str]:
    """The processes that a server's folder was handed to, whatever group they are in."""
    return [path.name for path in Path("/proc").iterdir() if is_of(folder, path)]


def is_of(folder: Path, process: Path) -> bool:
    try:
        environment = (process / "environ").read_bytes()
    except OSError:
        return False
    return f"TMPDIR={folder}".encode() in environment and bool(status(process.name))


@pytest.mark.server
@pytest.mark.parametrize(("kind", "options"), [*QUICK, *SLOW])
def test_server_keeps_what_it_is_given_and_ends_whole(
    kind: type[S3Server], options: dict[str, Any]
) -> None:
    server = kind(**options)
    try:
        server.start()
    except ServerNotInstalled as error:
        pytest.skip(str(error))
    with_folder = server.folder
    try:
        check(server)
        assert processes_of(with_folder)
    finally:
        server.stop()
    assert becomes_true(lambda: not processes_of(with_folder))
    assert not with_folder.exists()


def check(server: S3Server) -> None:
    client = client_of(server)
    client.create_bucket(Bucket="some-bucket")
    client.put_object(Bucket="some-bucket", Key="a/b", Body=b"content")
    assert client.get_object(Bucket="some-bucket", Key="a/b")["Body"].read() == b"content"
    if not isinstance(server, TAKES_ANY_SIGNATURE):
        with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
            client_of(server, "wrong").list_objects_v2(Bucket="some-bucket")
