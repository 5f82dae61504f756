"""Record the stream of a real mydumper 1.x, whose path is the argument.

No registry has such a program, so that the suite cannot install one. ``stream.gz`` beside this file
was recorded from mydumper 1.0.1-3, built from its source against MariaDB 10.11.19. To do it again::

    python -m tests.dump.mydumper.recorded.record PROGRAM
"""

import gzip
import subprocess
import sys
import tempfile
from pathlib import Path
from time import sleep

from storewright.testing.servers import MariaDB
from tests.dump.mysql.support import run_sql

HERE = Path(__file__).parent


def record(program: str) -> bytes:
    """The stream, read slowly enough that pieces of the metadata come in between."""
    with MariaDB() as server, tempfile.TemporaryDirectory() as folder:
        run_sql(server, (HERE / "shop.sql").read_bytes())
        command = [
            program,
            "--host",
            server.host,
            "--port",
            str(server.port),
            "--user",
            server.user,
        ]
        command += ["--password", server.password, "--database", "shop", "--trx-tables"]
        command += ["--threads", "2", "--rows", "500", "--outputdir", f"{folder}/out", "--stream"]
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=0, pipesize=4096
        ) as process:
            assert process.stdout
            pieces: list[bytes] = []
            while data := process.stdout.read(4096):
                pieces.append(data)
                sleep(0.15)
        assert process.returncode == 0
    return b"".join(pieces)


if __name__ == "__main__":
    (HERE / "stream.gz").write_bytes(gzip.compress(record(sys.argv[1]), mtime=0))
