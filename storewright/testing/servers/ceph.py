"""Ceph's object gateway, from Debian: a whole cluster that keeps its data in memory."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import ClassVar, Final

from typing_extensions import override

from storewright.testing.servers.daemons import daemon, run, script
from storewright.testing.servers.s3 import S3Server
from storewright.testing.servers.server import (
    HOST,
    find_program,
    free_ports,
    http_get,
    issue_certificate,
)

__all__ = ["Ceph"]

_MIB: Final = 1024 * 1024
_SPACE: Final = 3072 * _MIB
"""What the cluster may keep in memory; it refuses writes when nine tenths are used."""
_PROGRAMS: Final = ("ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
KMS_KEY: Final = "testkey-1"
"""The id of the key for ``aws:kms`` encryption that the gateway knows."""
_KMS_SECRET: Final = "YmluCmJvb3N0CmJvb3N0LWJ1aWxkCmNlcGguY29uZgo="  # noqa: S105 - made up

_OPTIONS: Final = f"""\
auth cluster required = none
auth service required = none
auth client required = none
public addr = {HOST}
ms bind msgr2 = false
ms bind ipv4 = true
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 1000
mon data avail warn = 1
mon data avail crit = 1
osd objectstore = memstore
memstore device bytes = {_SPACE}
osd crush chooseleaf type = 0
osd crush update on start = false
osd class update on start = false
osd max pg log entries = 100
osd min pg log entries = 50
setuser match path =
rgw dns name = localhost
rgw crypt require ssl = false
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = {KMS_KEY}={_KMS_SECRET}
rgw enable usage log = false
rgw log nonexistent bucket = false
rgw thread pool size = 64
rgw gc obj min wait = 5
rgw gc processor period = 5
rgw gc processor max time = 5
"""


class Ceph(S3Server):
    """An S3 server: one monitor, one store, one gateway. It verifies signatures and keys."""

    profile = "ceph"
    install: ClassVar[str] = (
        "apt-get install --no-install-recommends radosgw ceph-mon ceph-osd ceph-common"
    )

    def __init__(self, *, tls: bool = False, start_timeout: float = 180) -> None:
        super().__init__(tls=tls, start_timeout=start_timeout)

    @override
    def _prepare(self) -> Sequence[str]:
        for program in _PROGRAMS:
            find_program(program, self.install)
        monitor, self._port = free_ports(2)
        if self.tls:
            issue_certificate(self.folder)
        for name in ("mon", "osd", "run", "logs"):
            (self.folder / name).mkdir()
        cluster = str(uuid.uuid4())
        self._configure(cluster, monitor)
        return script(self.folder, [*self._cluster(cluster, monitor), *self._gateway()])

    def _configure(self, cluster: str, monitor: int) -> None:
        places = {
            "fsid": cluster,
            "mon host": f"v1:{HOST}:{monitor}",
            "mon initial members": "a",
            "mon data": self.folder / "mon",
            "osd data": self.folder / "osd",
            "run dir": self.folder / "run",
            "admin socket": self.folder / "run" / "$name.asok",
            "pid file": self.folder / "run" / "$name.pid",
            "log file": self.folder / "logs" / "$name.log",
        }
        lines = "".join(f"{name} = {value}\n" for name, value in places.items())
        (self.folder / "ceph.conf").write_text(f"[global]\n{lines}{_OPTIONS}", encoding="utf-8")

    def _cluster(self, cluster: str, monitor: int) -> list[str]:
        address, store = f"[v1:{HOST}:{monitor}]", str(uuid.uuid4())
        # Whoever waits for a daemon that has ended fails.
        until = "until {}; do kill -0 $!; sleep 0.1; done".format
        return [
            f"export CEPH_CONF={self.folder / 'ceph.conf'}",
            run("monmaptool", "--create", "--addv", "a", address, "--fsid", cluster, "monmap"),
            run("ceph-mon", "--mkfs", "-i", "a", "--monmap", "monmap"),
            daemon("ceph-mon", "-f", "-i", "a"),
            until("timeout 5 ceph -s"),
            run("ceph", "osd", "new", store),
            run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", store),
            run("ceph", "osd", "crush", "add", "osd.0", "1", "root=default", "host=h"),
            daemon("ceph-osd", "-f", "-i", "0"),
            until("ceph osd stat | grep '1 up'"),
        ]

    def _gateway(self) -> list[str]:
        # Without tcp_nodelay an answer with content waits 40 ms for the client's acknowledgement.
        front = f"beast tcp_nodelay=1 endpoint={HOST}:{self._port}"
        if self.tls:
            front = (
                f"beast tcp_nodelay=1 ssl_endpoint={HOST}:{self._port} "
                f"ssl_certificate={self.folder}/cert.pem ssl_private_key={self.folder}/key.pem"
            )
        user = ["--uid=test", "--display-name=test"]
        keys = [f"--access-key={self.access_key}", f"--secret={self.secret_key}"]
        return [
            run("radosgw-admin", "user", "create", *user, *keys),
            daemon("radosgw", "-f", "-n", "client.rgw", f"--rgw-frontends={front}"),
        ]

    @override
    def _is_ready(self) -> bool:
        if not (self.folder / "started").exists():
            return False
        if http_get(self._port, "/", self.ca_file if self.tls else None)[0] != 200:
            return False
        return self._is_warm()

    def _is_warm(self) -> bool:
        """Whether it has made the pools that the first object and the first upload need."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._warm_up()
        except (BotoCoreError, ClientError):  # not yet
            return False
        return True

    def _warm_up(self) -> None:
        """Let it make them: seconds."""
        client = self.client()
        client.create_bucket(Bucket="warm-up")
        made = client.create_multipart_upload(Bucket="warm-up", Key="a")
        client.abort_multipart_upload(Bucket="warm-up", Key="a", UploadId=made["UploadId"])
        client.delete_bucket(Bucket="warm-up")
