"""specs/core/*.toml -> Core."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from storewright.codegen.model import Core, Feature, Field, Interface, Metadatum, Operation, Pair
from storewright.codegen.problems import Problems
from storewright.codegen.tables import Table, read_toml
from storewright.codegen.vocabulary import FIELD_TYPES, PAIR_TYPES, RESULTS
from storewright.core.modes import OBJECT_MODES
from storewright.core.suggest import did_you_mean

__all__ = ["check_known", "load_core", "read_metadata", "read_pair"]

_NAMESPACES: Final = ("service", "storage")
_KINDS: Final = ("virtual", "system")


def load_core(folder: Path, problems: Problems) -> Core:
    """Read the core vocabulary; mistakes go to ``problems``."""
    pairs = _read_pairs(read_toml(folder / "pairs.toml", "specs/core/pairs.toml", problems))
    operations = read_toml(folder / "operations.toml", "specs/core/operations.toml", problems)
    features = read_toml(folder / "features.toml", "specs/core/features.toml", problems)
    metadata = read_toml(folder / "metadata.toml", "specs/core/metadata.toml", problems)
    limits = read_metadata(metadata, "limits")
    results = {
        name: operations.table("results").text(name) for name in operations.table("results").data
    }
    interfaces = _read_interfaces(operations, pairs, [limit.name for limit in limits])
    core = Core(
        interfaces=interfaces,
        pairs=pairs,
        features=_read_features(features, interfaces, pairs),
        results=results,
        object_fields=read_metadata(metadata, "object"),
        storage_fields=read_metadata(metadata, "storage"),
        limits=limits,
    )
    check_known(operations, "results", results, RESULTS, "result")
    operations.done()
    metadata.done()
    return core


def check_known(
    table: Table, key: str, names: Iterable[str], known: Iterable[str], what: str
) -> None:
    """Note each name that is not known, with what was probably meant."""
    candidates = list(known)
    for name in names:
        if name not in candidates:
            table.problem(key, f"unknown {what} {name!r}{did_you_mean(name, candidates)}")


def read_pair(name: str, table: Table, service: str = "") -> Pair:
    """Read one pair; ``bind`` is left to the caller."""
    type_name = table.text("type")
    if type_name:
        check_known(table, "type", [type_name], PAIR_TYPES, "type")
    pair = Pair(
        name=name,
        type=type_name if type_name in PAIR_TYPES else "any",
        description=table.text("description"),
        defaultable=table.flag("defaultable"),
        everywhere=table.flag("everywhere") if not service else False,
        secret=table.flag("secret"),
        security=table.flag("security"),
        env=table.names("env"),
        alias=table.names("alias"),
        values=table.names("values"),
        service=service,
    )
    if pair.values and pair.type != "string":
        table.problem("values", "only a pair of type 'string' can have values")
    return pair


def _read_pairs(table: Table) -> dict[str, Pair]:
    pairs: dict[str, Pair] = {}
    for name, inner in table.tables():
        pairs[name] = read_pair(name, inner)
        inner.done()
    return pairs


def read_metadata(table: Table, key: str) -> tuple[Metadatum, ...]:
    """Read the metadata fields in a table; required ones come first, as the file orders them."""
    found: list[Metadatum] = []
    for name, inner in table.tables(key):
        type_name = inner.text("type")
        if type_name:
            check_known(inner, "type", [type_name], PAIR_TYPES, "type")
        kind = type_name if type_name in PAIR_TYPES else "any"
        found.append(Metadatum(name, kind, inner.text("description"), inner.flag("required")))
        inner.done()
    order = list(table.mapping(key))  # required fields are positional: the file says in which order
    return tuple(
        sorted(found, key=lambda f: (0, order.index(f.name), "") if f.required else (1, 0, f.name))
    )


def _read_interfaces(
    table: Table, pairs: Mapping[str, Pair], limits: list[str]
) -> dict[str, Interface]:
    fields: dict[str, Field] = {}
    for name, inner in table.tables("fields"):
        type_name = inner.text("type")
        check_known(inner, "type", [type_name], FIELD_TYPES, "type")
        fields[name] = Field(name, type_name, inner.text("description"))
        inner.done()
    interfaces: dict[str, Interface] = {}
    for name, inner in table.tables("interfaces"):
        namespace = inner.text("namespace")
        check_known(inner, "namespace", [namespace], _NAMESPACES, "namespace")
        operations = tuple(
            _read_operation(op, body, name, namespace, fields, pairs, limits)
            for op, body in inner.tables("op")
        )
        interfaces[name] = Interface(name, namespace, inner.text("description"), operations)
        inner.done()
    _check_unused(table, interfaces, fields)
    return interfaces


def _check_unused(
    table: Table, interfaces: Mapping[str, Interface], fields: Mapping[str, Field]
) -> None:
    operations = [op for interface in interfaces.values() for op in interface.operations]
    used = {field.name for op in operations for field in (*op.params, *op.optional_params)}
    for name in sorted(set(fields) - used):
        table.problem(f"fields.{name}", "is used by no operation")


def _read_operation(
    name: str,
    table: Table,
    interface: str,
    namespace: str,
    fields: Mapping[str, Field],
    pairs: Mapping[str, Pair],
    limits: list[str],
) -> Operation:
    names = {key: table.names(key) for key in ("params", "optional_params", "pairs", "common")}
    for key in ("params", "optional_params"):
        check_known(table, key, names[key], fields, "field")
    for key in ("pairs", "common"):
        check_known(table, key, names[key], pairs, "pair")
    for twice in sorted(set(names["pairs"]) & set(names["common"])):
        table.problem("common", f"{twice!r} stands under pairs too")
    operation = Operation(
        name=name,
        interface=interface,
        namespace=namespace,
        description=table.text("description"),
        params=tuple(fields[field] for field in names["params"] if field in fields),
        optional_params=tuple(fields[f] for f in names["optional_params"] if f in fields),
        returns=table.text("returns"),
        items=table.optional_text("items"),
        pairs=tuple(pair for pair in names["pairs"] if pair in pairs),
        common=tuple(pair for pair in names["common"] if pair in pairs),
        object_mode=table.optional_text("object_mode"),
        local=table.flag("local"),
        like=table.optional_text("like"),
        size_limit=table.optional_text("size_limit"),
        index_limit=table.optional_text("index_limit"),
    )
    _check_operation(table, operation, limits)
    table.done()
    return operation


def _check_operation(table: Table, operation: Operation, limits: list[str]) -> None:
    check_known(
        table, "returns", [operation.returns] if operation.returns else [], RESULTS, "result"
    )
    check_known(table, "items", [operation.items] if operation.items else [], RESULTS, "result")
    if operation.object_mode:
        check_known(table, "object_mode", [operation.object_mode], OBJECT_MODES, "mode")
    for key in ("size_limit", "index_limit"):
        value = getattr(operation, key)
        if value:
            check_known(table, key, [value], limits, "limit")


def _read_features(
    table: Table, interfaces: Mapping[str, Interface], pairs: Mapping[str, Pair]
) -> dict[str, Feature]:
    operations = [op.name for interface in interfaces.values() for op in interface.operations]
    features: dict[str, Feature] = {}
    for name, inner in table.tables():
        feature = Feature(
            name=name,
            kind=inner.text("class"),
            description=inner.text("description"),
            operations=inner.names("operations"),
            pairs=inner.names("pairs"),
            modes=inner.names("modes"),
        )
        check_known(inner, "class", [feature.kind], _KINDS, "class")
        check_known(inner, "operations", feature.operations, operations, "operation")
        check_known(inner, "pairs", feature.pairs, pairs, "pair")
        check_known(inner, "modes", feature.modes, OBJECT_MODES, "mode")
        inner.done()
        features[name] = feature
    return features
