"""The JSON Schema of service.toml, for editors that complete and check TOML."""

from typing import Any

from storewright.codegen.evidence import LEVELS
from storewright.codegen.model import Core
from storewright.codegen.service_spec import DECODERS, ENCODERS
from storewright.codegen.vocabulary import PAIR_TYPES
from storewright.core.modes import LIST_MODES

__all__ = ["service_schema"]


def service_schema(core: Core) -> dict[str, Any]:
    """A JSON Schema (draft 2020-12) that knows the core vocabulary's names."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Storewright service.toml",
        **_table(
            {
                "name": {"type": "string", "pattern": _NAME},
                "title": {"type": "string"},
                "description": {"type": "string", "minLength": 1},
                "status": {"enum": ["planned"]},
                "extra": {"type": "string"},
                "namespace": _table({ns: _namespace(core, ns) for ns in ("service", "storage")}),
                "pairs": _free(_pair()),
                "bind": {**_free(_binds()), "propertyNames": {"enum": sorted(core.pairs)}},
                "calls": _free(
                    {"type": "array", "items": {"enum": sorted(core.operations("storage"))}}
                ),
                "responses": _free(_free(_binding("decode", DECODERS))),
                "infos": _table(
                    {
                        level: _table({"meta": _free(_metadatum())})
                        for level in ("object", "storage")
                    }
                ),
                "limits": _limits(core),
                "profiles": _free(_profile(core)),
            },
            ["name", "description", "namespace"],
        ),
    }


_NAME = "^[a-z][a-z0-9]*(_[a-z0-9]+)*$"


def _table(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    table = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**table, "required": required} if required else table


def _free(values: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values}


def _names(known: list[str] | None = None) -> dict[str, Any]:
    items: dict[str, Any] = {"type": "string"}
    if known is not None:
        items = {"anyOf": [{"enum": known}, {"type": "string", "pattern": _NAME}]}
    return {"type": "array", "items": items, "uniqueItems": True}


def _namespace(core: Core, name: str) -> dict[str, Any]:
    interfaces = sorted(
        i.name for i in core.interfaces.values() if i.namespace == name and not i.base
    )
    pairs = sorted(core.pairs)
    operations = {
        op.name: {**_operation(pairs), "description": " ".join(op.description.split())}
        for op in core.operations(name).values()
    }
    return _table(
        {
            "implement": {"type": "array", "items": {"enum": interfaces}, "uniqueItems": True},
            "features": {
                "type": "array",
                "items": {"enum": sorted(core.features)},
                "uniqueItems": True,
            },
            "handled": _names(pairs),
            "new": _table({"required": _names(pairs), "optional": _names(pairs)}),
            "op": _table(operations),
        }
    )


def _operation(pairs: list[str]) -> dict[str, Any]:
    lists = {key: _names(pairs) for key in ("required", "optional", "virtual", "handled")}
    modes = {"type": "array", "items": {"enum": list(LIST_MODES)}, "uniqueItems": True}
    return _table({**lists, "simulated": {"type": "boolean"}, "list_modes": modes})


def _pair() -> dict[str, Any]:
    flags = {key: {"type": "boolean"} for key in ("defaultable", "secret", "security")}
    lists = {key: _names() for key in ("env", "alias", "values")}
    return _table(
        {
            "type": {"enum": sorted(PAIR_TYPES)},
            "description": {"type": "string", "minLength": 1},
            **flags,
            **lists,
            "bind": _binds(),
        },
        ["type", "description"],
    )


def _binds() -> dict[str, Any]:
    return _free(_binding("encode", ENCODERS))


def _binding(key: str, coders: tuple[str, ...]) -> dict[str, Any]:
    properties: dict[str, Any] = {"name": {"type": "string"}, key: {"enum": list(coders)}}
    return {"anyOf": [{"type": "string", "minLength": 1}, _table(properties, ["name", key])]}


def _metadatum() -> dict[str, Any]:
    properties = {"type": {"enum": sorted(PAIR_TYPES)}, "description": {"type": "string"}}
    return _table(properties, ["type", "description"])


def _limits(core: Core) -> dict[str, Any]:
    return _table(
        {
            limit.name: {
                "description": " ".join(limit.description.split()),
                "type": "boolean" if limit.type == "bool" else ["integer", "string"],
            }
            for limit in core.limits
        }
    )


def _profile(core: Core) -> dict[str, Any]:
    return _table(
        {
            "description": {"type": "string"},
            "level": {"enum": list(LEVELS)},
            "defaults": {"type": "object"},
            "unsupported": _free(_names()),
            "lacks": _names(),
            "limits": _limits(core),
        },
        ["description", "level"],
    )
