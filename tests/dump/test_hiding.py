"""Secrets in arguments are not in the list of processes."""

import subprocess
import sys

import pytest

from tests.dump.support import environment

SHOWS = """
from pathlib import Path
from storewright.dump.commands.hiding import hide_secrets
hide_secrets("visible-password")
print(Path("/proc/self/cmdline").read_bytes().replace(b"\\0", b" ").decode())
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--s3.access-key", "visible", "--s3.secret-access-key", "visible"],
        ["--s3.session-token", "visible", "--azblob.account-key", "visible"],
        ["--azblob.sas-token", "sv=visible&sig=visible"],
        ["--s3.secret-access-key=visible", "--storage-option", "credential=hmac:visible:visible"],
        ["-o", "s3://b/p?access-key=visible&secret-access-key=visible"],
        ["-pvisible-password", "mysql://u:visible@h/", "--password", "visible-password"],
    ],
    ids=lambda arguments: arguments[0].partition("=")[0],
)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc: needs Linux")
def test_a_secret_among_the_arguments_is_hidden(arguments: list[str]) -> None:
    command = [sys.executable, "-c", SHOWS, *arguments, "--s3.region", "shown"]
    done = subprocess.run(
        command, env=environment(), capture_output=True, text=True, check=True, timeout=60
    )
    assert "visible" not in done.stdout
    assert "--s3.region shown" in done.stdout
