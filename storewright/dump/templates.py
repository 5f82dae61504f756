"""Names of data files by a template of the user's: dumpling's ``--output-filename-template``.

dumpling's templates are Go's; what people write in them are the names below in double braces, and
``fn`` around one, which escapes what is awkward in a file name.
"""

import re
from collections.abc import Mapping
from typing import Final

from storewright.dump.errors import OptionInvalid
from storewright.dump.names import escape

__all__ = ["FileNames"]

_FIELD: Final = re.compile(r"\{\{-?\s*(?:(fn)\s+)?\.(DB|Table|Index)\s*-?\}\}")


class FileNames:
    """The names of data files, without their suffix."""

    def __init__(self, template: str, *, tables: bool = True) -> None:
        """Check the template; without `tables` it names the files of one answer only.

        Raises OptionInvalid.
        """
        rest = _FIELD.sub("", template)
        if "{{" in rest or "}}" in rest or not template:
            raise OptionInvalid(
                f"output-filename-template {template!r} may have {{{{.DB}}}}, {{{{.Table}}}} and"
                " {{.Index}}, each also as {{fn .DB}}"
            )
        fields = {match[2] for match in _FIELD.finditer(template)}
        missing = [name for name in (["Table"] if tables else []) + ["Index"] if name not in fields]
        if missing:
            raise OptionInvalid(
                f"output-filename-template {template!r} would give two files one name: it has no"
                f" {{{{.{missing[0]}}}}}"
            )
        self._template = template

    def name(self, database: str, table: str, index: str) -> str:
        """The name of one file."""
        fields: Mapping[str, str] = {"DB": database, "Table": table, "Index": index}

        def field(match: re.Match[str]) -> str:
            value = fields[match[2]]
            return escape(value) if match[1] else value.replace("/", "%2F")

        return _FIELD.sub(field, self._template)
