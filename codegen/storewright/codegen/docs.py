"""Model -> reference documentation and the JSON Schema. Pure, like render."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from storewright.codegen.evidence import Evidence
from storewright.codegen.load import Specs
from storewright.codegen.model import Operation, ProfileSpec, Service, ServiceOperation
from storewright.codegen.namespace_view import NamespaceView
from storewright.codegen.pair_view import PairView
from storewright.codegen.render import environment
from storewright.codegen.schema import service_schema
from storewright.codegen.texts import literal
from storewright.core.construct import variable

__all__ = ["render_docs"]

_NONE = "\N{EN DASH}"
"""What a table shows where a service has nothing."""


def render_docs(specs: Specs, evidence: Evidence) -> dict[str, str]:
    """The pages of docs/reference: path -> text."""
    services = [service for service in specs.services if not service.planned]
    rows = {
        "rows": list(_operation_rows(specs, services, evidence)),
        "option_rows": list(_option_rows(specs, services, evidence)),
        "limit_rows": list(_limit_rows(specs, services)),
        "runs": [_run(run) for run in evidence.runs],
        "profile_rows": list(_profile_rows(services, evidence)),
        "profile_operation_rows": list(_profile_operation_rows(services, evidence)),
    }
    pages = {
        "matrix.md": _page("matrix", {"services": services, **rows}),
        "matrix.json": _json({"services": [s.name for s in services], **rows}),
        "pairs.md": _page("pairs", _vocabulary(specs)),
        "service.schema.json": _json(service_schema(specs.core)),
    }
    for service in services:
        pages[f"services/{service.name}.md"] = _page("service", _service(specs, service))
        if service.profiles:
            context = {"service": service, "profiles": list(_profile_sections(service, evidence))}
            pages[f"services/{service.name}-profiles.md"] = _page("profiles", context)
    return pages


def _page(name: str, context: dict[str, Any]) -> str:
    shared = {"cell": _cell, "variable": variable, "profile_differences": _differences}
    text = environment().get_template(f"docs/{name}.md.j2").render({**shared, **context})
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return _without_runs_of_blank_lines(lines) + "\n"


def _without_runs_of_blank_lines(lines: list[str]) -> str:
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _cell(text: str) -> str:
    """Text fit for a table's cell."""
    return " ".join(text.split()).replace("|", "\\|")


def _differences(profile: ProfileSpec) -> str:
    parts = [f"`{name}={value}`" for name, value in sorted(profile.defaults.items())]
    parts += [f"no {name}" for name in profile.lacks]
    parts += [f"refuses {', '.join(profile.everywhere)}"] if profile.everywhere else []
    parts += [
        f"{op} refuses {', '.join(pairs)}" for op, pairs in sorted(profile.unsupported.items())
    ]
    parts += [f"{name} {literal(value)}" for name, value in sorted(profile.limits.items())]
    return _cell("; ".join(parts))


def _vocabulary(specs: Specs) -> dict[str, Any]:
    return {
        "pairs": [PairView(specs.core.pairs[name]) for name in sorted(specs.core.pairs)],
        "features": [specs.core.features[name] for name in sorted(specs.core.features)],
    }


def _service(specs: Specs, service: Service) -> dict[str, Any]:
    views = [NamespaceView(specs.core, service, ns) for _, ns in sorted(service.namespaces.items())]
    return {
        "service": service,
        "namespaces": views,
        "own": [PairView(service.pairs[name]) for name in sorted(service.pairs)],
    }


# ---------------------------------------------------------------------------------------- matrix


def _operations(service: Service, namespace: str) -> dict[str, ServiceOperation]:
    found = service.namespaces.get(namespace)
    return {op.operation.name: op for op in found.operations} if found else {}


def _run(run: Mapping[str, Any]) -> dict[str, Any]:
    """A conformance run as the matrix names it."""
    return {key: run[key] for key in ("service", "server", "level", "deviations")}


def _profile_rows(services: list[Service], evidence: Evidence) -> Iterable[dict[str, Any]]:
    for service in services:
        for profile in service.profiles:
            yield {
                "profile": profile.name,
                "service": service.name,
                "level": profile.level,
                "servers": [run["server"] for run in evidence.runs_of(service.name, profile.name)],
                "differences": _differences(profile),
            }


def _profile_operation_rows(
    services: list[Service], evidence: Evidence
) -> Iterable[dict[str, Any]]:
    """What each profile leaves of its service's operations, and how well that is proven."""
    for service in services:
        found = _operations(service, "storage") if service.profiles else {}
        for name, own in sorted(found.items()):
            cells = {
                profile.name: (
                    _NONE
                    if own.operation.interface in profile.lacks
                    else _support(own, evidence.level(f"{service.name}.{profile.name}", name))
                )
                for profile in service.profiles
            }
            yield {"service": service.name, "operation": name, "cells": cells}


def _profile_sections(service: Service, evidence: Evidence) -> Iterable[dict[str, Any]]:
    for profile in service.profiles:
        facts = {
            "set unless given": _codes(f"{k}={v}" for k, v in sorted(profile.defaults.items())),
            "other limits": _codes(f"{k}={v}" for k, v in sorted(profile.limits.items())),
            "lacks": _codes(profile.lacks),
            "every operation refuses": _codes(sorted(profile.everywhere)),
        }
        for op, pairs in sorted(profile.unsupported.items()):
            facts[f"`{op}` refuses"] = _codes(sorted(pairs))
        runs = evidence.runs_of(service.name, profile.name)
        rows = {name: text for name, text in facts.items() if text}
        yield {"profile": profile, "facts": rows, "runs": runs}


def _codes(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _operation_rows(
    specs: Specs, services: list[Service], evidence: Evidence
) -> Iterable[dict[str, Any]]:
    for interface in sorted(specs.core.interfaces.values(), key=lambda i: (not i.base, i.name)):
        for operation in interface.operations:
            yield {
                "interface": interface.name,
                "operation": operation.name,
                "cells": [
                    _support(
                        _operations(s, interface.namespace).get(operation.name),
                        evidence.level(s.name, _seen_as(operation)),
                    )
                    for s in services
                ],
            }


def _seen_as(operation: Operation) -> str:
    """The operation's name in the evidence, where both levels have a create, delete and list."""
    return f"service.{operation.name}" if operation.namespace == "service" else operation.name


def _support(operation: ServiceOperation | None, level: str) -> str:
    if operation is None:
        return _NONE
    return f"{'virtual' if operation.simulated else 'native'}, {level}"


def _option_rows(
    specs: Specs, services: list[Service], evidence: Evidence
) -> Iterable[dict[str, Any]]:
    for name, operation in sorted(specs.core.operations("storage").items()):
        if operation.like:
            continue
        found = [_operations(service, "storage").get(name) for service in services]
        options = {pair for own in found if own is not None for pair in own.accepted}
        for option in sorted(options | set(operation.common)):
            cells = [
                _honoured(own, option, evidence.level(service.name, name, option))
                for own, service in zip(found, services, strict=True)
            ]
            yield {"operation": name, "option": option, "cells": cells}


def _honoured(operation: ServiceOperation | None, option: str, level: str) -> str:
    if operation is None or option not in operation.accepted:
        return _NONE
    return f"{'virtual' if option in operation.virtual else 'yes'}, {level}"


def _limit_rows(specs: Specs, services: list[Service]) -> Iterable[dict[str, Any]]:
    for limit in specs.core.limits:
        values = [service.limits.get(limit.name) for service in services]
        if any(value is not None for value in values):
            cells = [_NONE if value is None else value for value in values]
            yield {"limit": limit.name, "cells": cells}
