"""Definitions cut back into statements, in each Python there is."""

import re
import shutil
import subprocess
import sys
from typing import cast

import pytest

from storewright.dump import DumpDamaged
from storewright.dump.mysql import statements as module
from storewright.dump.mysql.statements import statements

CASES = {
    "SET x;\nCREATE TABLE `a;\n``b` (c int);\n": ["SET x", "CREATE TABLE `a;\n``b` (c int)"],
    "a ';\n\\';\n'';\n' \";\n'\\\";\n\";\nb;c;;\n": ["a ';\n\\';\n'';\n' \";\n'\\\";\n\"", "b;c;"],
    ";\n;\n": ["", ""],
    "": [],
}
PYTHONS = {sys.executable, shutil.which("python3.11", path="/usr/bin") or sys.executable}
"""Ours and the system's, which may be older: Debian 12 has 3.11.2."""
PATTERN = cast("re.Pattern[bytes]", vars(module)["_STATEMENT"]).pattern


@pytest.mark.parametrize("text", CASES)
def test_statements_end_outside_of_names_and_texts(text: str) -> None:
    assert [found.decode() for found in statements(text)] == CASES[text]


@pytest.mark.parametrize("text", ["a", "a;", "a;\nb", "a ';\n", 'a ";\n', "a `;\n", "a '\\';\n"])
def test_a_statement_without_an_end_is_refused(text: str) -> None:
    with pytest.raises(DumpDamaged, match="ends inside a statement"):
        list(statements(text))


@pytest.mark.parametrize("text", ["'" + "''" * 99_999, "'" + "\\'" * 99_999, "(" * 99_999])
def test_a_long_text_takes_no_long_time(text: str) -> None:
    with pytest.raises(DumpDamaged, match="ends inside a statement"):
        list(statements(text))


@pytest.mark.parametrize("python", sorted(PYTHONS))
def test_every_python_finds_the_same(python: str) -> None:
    program = f"import re; print(re.findall({PATTERN!r}, {''.join(CASES).encode()!r}, re.DOTALL))"
    done = subprocess.run([python, "-c", program], check=True, capture_output=True, text=True)
    found = [f"{statement};\n".encode() for one in CASES.values() for statement in one]
    assert done.stdout == f"{found}\n"
