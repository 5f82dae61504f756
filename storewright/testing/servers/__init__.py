"""Real storage servers on loopback, for tests and demonstrations.

A server runs in a process group of its own, on ports nobody uses, below a folder that goes when it
stops. It stops at the end of the ``with``, at the exit of this process, and also when this process
is killed: its watchdog reads from a pipe that only this process holds open.
"""

from storewright.testing.servers.azurite import Azurite
from storewright.testing.servers.ceph import Ceph
from storewright.testing.servers.fake_gcs import FakeGcs
from storewright.testing.servers.gcp_emulator import GcpEmulator
from storewright.testing.servers.google import GoogleTokens
from storewright.testing.servers.juicefs import JuiceFS
from storewright.testing.servers.mariadb import MariaDB
from storewright.testing.servers.ministack import Ministack
from storewright.testing.servers.moto import Moto
from storewright.testing.servers.rclone import Rclone
from storewright.testing.servers.s3 import S3Server
from storewright.testing.servers.seaweedfs import SeaweedFS
from storewright.testing.servers.server import (
    Server,
    ServerFailed,
    ServerNotInstalled,
    find_program,
    free_ports,
)
from storewright.testing.servers.swift import Swift

__all__ = [
    "Azurite",
    "Ceph",
    "FakeGcs",
    "GcpEmulator",
    "GoogleTokens",
    "JuiceFS",
    "MariaDB",
    "Ministack",
    "Moto",
    "Rclone",
    "S3Server",
    "SeaweedFS",
    "Server",
    "ServerFailed",
    "ServerNotInstalled",
    "Swift",
    "find_program",
    "free_ports",
]
