"""The database that the dumps are compared by: a shop, of the types that most databases are of.

The server makes the rows itself, so that hundreds of megabytes take seconds; the same scale gives
the same rows.
"""

from __future__ import annotations

from typing import Final

from storewright.testing.databases import Table, tables_sql

__all__ = ["DATABASE", "database_sql"]

DATABASE: Final = "shop"


_TABLES: Final = (
    Table(
        "customers",
        "id int unsigned PRIMARY KEY, name varchar(80) NOT NULL, mail varchar(120) NOT NULL,"
        " country char(2) NOT NULL, birthday date, joined datetime NOT NULL,"
        " balance decimal(12,2) NOT NULL, remark varchar(200)",
        "seq, CONCAT('Åsa O''Neill ', MD5(seq)), CONCAT(SHA1(seq), '@example.org'),"
        " ELT(1+seq MOD 4, 'DE', 'SE', 'FR', 'JP'), '1950-01-01' + INTERVAL seq MOD 20000 DAY,"
        " '2015-01-01' + INTERVAL seq*97 SECOND, seq MOD 10007 * 1.37,"
        " IF(seq MOD 3, NULL, CONCAT('called ', seq, ',\\nsaid \"later\"'))",
        250_000,
    ),
    Table(
        "orders",
        "id bigint PRIMARY KEY, customer int unsigned NOT NULL, placed datetime(3) NOT NULL,"
        " changed timestamp NULL, state enum('new','paid','sent','lost') NOT NULL,"
        " total decimal(12,2) NOT NULL, tax decimal(10,4), street varchar(120), note varchar(200)",
        "seq, seq MOD 249989, '2018-01-01' + INTERVAL seq*0.731 SECOND,"
        " IF(seq MOD 4, '2020-01-01' + INTERVAL seq SECOND, NULL), 1+seq MOD 4, seq MOD 99991*1.37,"
        " seq MOD 9973*0.0719, CONCAT(seq MOD 997, ' Rue de l''Église'),"
        " IF(seq MOD 5, NULL, CONCAT('order ', seq, ' for shelf ', MD5(seq)))",
        700_000,
    ),
    Table(
        "items",
        "id bigint PRIMARY KEY, ordered bigint NOT NULL, product int NOT NULL,"
        " amount smallint NOT NULL, price decimal(10,2) NOT NULL, discount decimal(5,2),"
        " packed tinyint(1) NOT NULL, code varchar(20) NOT NULL",
        "seq, seq DIV 2, seq MOD 39989, 1+seq MOD 7, seq MOD 9973*1.01,"
        " IF(seq MOD 3, NULL, seq MOD 50), seq MOD 2, HEX(seq*7919)",
        1_400_000,
    ),
    Table(
        "products",
        "id int PRIMARY KEY, sku varchar(50) NOT NULL UNIQUE, weight double, price decimal(10,2),"
        " added datetime, description text NOT NULL, details json",
        "seq, CONCAT('SKU-', SHA1(seq)), SQRT(seq), seq*0.01, '2016-01-01' + INTERVAL seq HOUR,"
        " REPEAT(CONCAT('Nº ', seq, ' is what one wants: it''s light, and lasts for years.',"
        " ' Its case is of oak.\\n'), 8+seq MOD 12),"
        " CONCAT('{\"colour\": \"', ELT(1+seq MOD 3, 'red', 'green', 'blue'),"
        ' \'", "size": \', seq, \', "hash": "\', SHA2(seq, 512), \'"}\')',
        40_000,
    ),
    Table(
        "pictures",
        "id int PRIMARY KEY, product int NOT NULL, name varchar(100) NOT NULL, taken datetime,"
        " content mediumblob NOT NULL",
        "seq, seq, CONCAT('IMG_', seq, '.jpg'), '2019-01-01' + INTERVAL seq MINUTE,"
        " REPEAT(UNHEX(CONCAT(SHA2(seq, 512), SHA2(-seq, 512))), 20+seq MOD 160)",
        8_000,
    ),
    Table(
        "sessions",
        "token varchar(64) PRIMARY KEY, customer int unsigned NOT NULL, seen datetime NOT NULL,"
        " content varbinary(200)",
        "MD5(seq), seq MOD 249989, '2024-01-01' + INTERVAL seq SECOND,"
        " UNHEX(CONCAT(SHA2(seq, 512), MD5(seq)))",
        200_000,
    ),
)


def database_sql(scale: float) -> str:
    """Statements that make the database; scale 1 makes a dump of about 400 MB."""
    names = ", ".join(table.name for table in _TABLES)
    made = tables_sql(_TABLES, scale)
    return f"CREATE DATABASE {DATABASE}; USE {DATABASE};\n{made}ANALYZE TABLE {names};\n"
