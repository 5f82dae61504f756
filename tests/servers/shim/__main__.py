"""Runs a shim: ``python -m tests.servers.shim settings.json``."""

import json
import sys
from pathlib import Path

from tests.servers.shim.backend import Backend
from tests.servers.shim.cos import CosDialect
from tests.servers.shim.message import Account
from tests.servers.shim.oss import OssDialect
from tests.servers.shim.server import serve
from tests.servers.shim.spool import Spool

DIALECTS = {"cos": CosDialect, "oss": OssDialect}


def main() -> None:
    """Answer requests until the process is killed."""
    settings = json.loads(Path(sys.argv[1]).read_text())
    accounts = [Account(**account) for account in settings["accounts"]]
    dialect = DIALECTS[settings["dialect"]](
        Backend(**settings["backend"]),
        {account.access_key: account for account in accounts},
        Spool(Path(settings["folder"])),
    )
    serve(settings["host"], settings["port"], dialect)


main()
