"""The definitions of databases, tables, views, sequences, triggers, routines and events, as SQL.

Files of definitions are for the `mariadb` client, for myloader and for our own restore. The client
ends a statement at a semicolon, myloader at a semicolon with a line end: what has semicolons of its
own, such as the body of a procedure, therefore stands in a string that the server executes.
"""

import re
from collections.abc import Iterator
from typing import Final

from storewright.dump.dialect import Definition
from storewright.dump.mysql.catalog import Entry
from storewright.dump.mysql.driver import Connection, Row
from storewright.dump.mysql.text import SQL_MODE, hex_literal, literal, quote_name, raw_literal

__all__ = [
    "HEADER",
    "NotVisible",
    "database_definition",
    "entry_definition",
    "routine_definitions",
    "trigger_definitions",
    "view_definition",
]

HEADER: Final = "/*!40101 SET NAMES binary*/;\n"
"""How dumpling begins every file of SQL: the bytes that follow are as the server keeps them."""

_UNCHECKED: Final = "/*!40014 SET FOREIGN_KEY_CHECKS=0*/;\n"
_DEFAULTS: Final = (
    f"/*!40103 SET TIME_ZONE='+00:00'*/;\n/*!40101 SET SQL_MODE='{SQL_MODE}'*/;\n"
    "/*!40101 SET NAMES utf8mb4*/;\n"
)
"""For the defaults of a table's columns, and the members of an ENUM: the server gives them in UTF-8
and, as bytes, would take them for being in each column's own character set."""
_STRING: Final = re.compile(rb"`[^`]*`|'((?:[^'\\]|\\.|'')*)'", re.DOTALL)
_PLAIN: Final = {b"\\0": b"\0", b"\\n": b"\n", b"\\r": b"\r", b"''": b"'"}
_ROUTINES: Final = ("PROCEDURE", "FUNCTION", "PACKAGE", "PACKAGE BODY")


def database_definition(connection: Connection, database: str) -> Definition:
    """The database itself."""
    create = _text(_row(connection, f"SHOW CREATE DATABASE {quote_name(database)}")[1])
    guarded = create.replace("CREATE DATABASE ", "CREATE DATABASE /*!32312 IF NOT EXISTS*/ ", 1)
    return Definition("schema-create", database, "", f"{HEADER}{guarded};\n")


def entry_definition(connection: Connection, entry: Entry) -> Definition:
    """A table or a sequence; a view is at first a table with columns of the same names."""
    if entry.type == "VIEW":
        return Definition("schema", entry.database, entry.name, _stand_in(connection, entry))
    if entry.type == "SEQUENCE":
        text = _create(connection, entry, "SEQUENCE") + _next_value(connection, entry)
        return Definition("schema-sequence", entry.database, entry.name, HEADER + text)
    text = HEADER + _UNCHECKED + _DEFAULTS + _create(connection, entry, "TABLE") + HEADER
    return Definition("schema", entry.database, entry.name, text)


def view_definition(connection: Connection, entry: Entry) -> Definition:
    """What replaces the stand-in of a view when every table is there."""
    row = _row(connection, f"SHOW CREATE VIEW {_place(entry)}")
    name = quote_name(entry.name)
    text = f"{HEADER}DROP TABLE IF EXISTS {name};\nDROP VIEW IF EXISTS {name};\n" + _executed(
        row[1], client=row[2], collation=row[3]
    )
    return Definition("schema-view", entry.database, entry.name, text)


def trigger_definitions(connection: Connection, database: str) -> Iterator[Definition]:
    """The triggers of each table, in the order in which they were made."""
    rows = connection.texts(
        "SELECT EVENT_OBJECT_TABLE, TRIGGER_NAME FROM information_schema.TRIGGERS"
        f" WHERE TRIGGER_SCHEMA={literal(database)}"
        " ORDER BY EVENT_OBJECT_TABLE, EVENT_MANIPULATION, ACTION_TIMING, ACTION_ORDER"
    )
    for table in dict.fromkeys(owner for owner, _ in rows):
        texts: list[str] = []
        for name in (name for owner, name in rows if owner == table):
            place = f"{quote_name(database)}.{quote_name(name)}"
            row = _row(connection, f"SHOW CREATE TRIGGER {place}")
            texts.append(_executed(row[2], client=row[3], collation=row[4], sql_mode=row[1]))
        yield Definition("schema-triggers", database, table, HEADER + "".join(texts))


def routine_definitions(connection: Connection, database: str) -> Iterator[Definition]:
    """The procedures, functions, packages and events of a database, in one definition."""
    text = "".join([*_routines(connection, database), *_events(connection, database)])
    if text:
        yield Definition("schema-post", database, "", HEADER + text)


def _routines(connection: Connection, database: str) -> Iterator[str]:
    rows = connection.texts(
        "SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES"
        f" WHERE ROUTINE_SCHEMA={literal(database)} ORDER BY ROUTINE_TYPE, ROUTINE_NAME"
    )
    for kind, name in sorted(rows, key=lambda row: (_ROUTINES.index(row[0]), row[1])):
        place = f"{quote_name(database)}.{quote_name(name)}"
        row = _row(connection, f"SHOW CREATE {kind} {place}")
        yield _executed(row[2], client=row[3], collation=row[4], sql_mode=row[1])


def _events(connection: Connection, database: str) -> Iterator[str]:
    rows = connection.texts(
        "SELECT EVENT_NAME FROM information_schema.EVENTS"
        f" WHERE EVENT_SCHEMA={literal(database)} ORDER BY 1"
    )
    for (name,) in rows:
        place = f"{quote_name(database)}.{quote_name(name)}"
        row = _row(connection, f"SHOW CREATE EVENT {place}")
        yield _executed(row[3], client=row[4], collation=row[5], sql_mode=row[1], zone=row[2])


def _create(connection: Connection, entry: Entry, kind: str) -> str:
    create = _row(connection, f"SHOW CREATE {kind} {_place(entry)}")[1] or b""
    return _STRING.sub(_legible, create).decode() + ";\n"


def _legible(match: re.Match[bytes]) -> bytes:
    """A string that is no text, such as a default of VARBINARY, in hexadecimal digits."""
    if match[1] is None or _is_text(match[1]):
        return match[0]
    plain = re.sub(rb"\\.|''", lambda m: _PLAIN.get(m[0], m[0][1:]), match[1], flags=re.DOTALL)
    return hex_literal(plain).encode()


def _next_value(connection: Connection, entry: Entry) -> str:
    """Where a sequence goes on: what it has handed out to a cache counts as used."""
    (row,) = connection.texts(f"SELECT next_not_cached_value, cycle_count FROM {_place(entry)}")
    return f"DO SETVAL({quote_name(entry.name)},{row[0]},0,{row[1]});\n"


def _stand_in(connection: Connection, entry: Entry) -> str:
    """Dumpling's way: other views may refer to this one before it is there."""
    columns = connection.texts(f"SHOW COLUMNS FROM {_place(entry)}")
    names = ",\n".join(f"{quote_name(name)} int" for name, *_ in columns)
    return f"{HEADER}CREATE TABLE {quote_name(entry.name)}(\n{names}\n)ENGINE=MyISAM;\n"


def _executed(
    create: bytes | None,
    *,
    client: bytes | None,
    collation: bytes | None,
    sql_mode: bytes | None = None,
    zone: bytes | None = None,
) -> str:
    """A statement run in the context in which it was made, which the server keeps with it.

    Its text is put aside first: in that context its bytes, or backslashes, may mean something else.
    """
    if create is None:
        raise NotVisible
    text = raw_literal(create).decode() if _is_text(create) else hex_literal(create)
    settings = [
        f"SET sql_mode='{SQL_MODE}'",
        f"SET @definition={text}",
        f"SET character_set_client={_text(client)}",
        f"SET collation_connection={_text(collation)}",
    ]
    settings += [f"SET sql_mode={literal(_text(sql_mode))}"] if sql_mode is not None else []
    settings += [f"SET time_zone={literal(_text(zone))}"] if zone is not None else []
    settings.append("EXECUTE IMMEDIATE @definition")
    return "".join(f"{statement};\n" for statement in settings) + HEADER


class NotVisible(Exception):
    """The server hides the text of a definition from this user."""


def _place(entry: Entry) -> str:
    return f"{quote_name(entry.database)}.{quote_name(entry.name)}"


def _row(connection: Connection, statement: str) -> Row:
    return connection.rows(statement)[0]


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _text(value: bytes | None) -> str:
    return (value or b"").decode()
