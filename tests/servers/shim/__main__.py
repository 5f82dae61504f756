"""Runs a shim: ``python -m tests.servers.shim settings.json``."""

import json
import sys
from pathlib import Path
from typing import Any

from tests.servers.shim.backend import Backend
from tests.servers.shim.cos import CosDialect
from tests.servers.shim.message import Account
from tests.servers.shim.oss import OssDialect
from tests.servers.shim.s3_address import CosS3Address, OssS3Address
from tests.servers.shim.server import Responder, serve
from tests.servers.shim.spool import Spool

DIALECTS = {"cos": CosDialect, "oss": OssDialect}
ADDRESSES = {"cos_s3": CosS3Address, "oss_s3": OssS3Address}


def responder(settings: Any) -> Responder:
    """What answers, as the settings name it."""
    backend = Backend(**settings["backend"])
    if settings["dialect"] in ADDRESSES:
        return ADDRESSES[settings["dialect"]](backend)
    accounts = [Account(**account) for account in settings["accounts"]]
    return DIALECTS[settings["dialect"]](
        backend,
        {account.access_key: account for account in accounts},
        Spool(Path(settings["folder"])),
    )


def main() -> None:
    """Answer requests until the process is killed."""
    settings = json.loads(Path(sys.argv[1]).read_text())
    serve(settings["host"], settings["port"], responder(settings))


main()
