"""Model -> text. Pure: nothing is read but templates, nothing is written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import black
import jinja2
from black.mode import TargetVersion

from storewright.codegen.imports import prune_imports
from storewright.codegen.model import Core, Interface, Metadatum, Response, Service
from storewright.codegen.namespace_view import NamespaceView
from storewright.codegen.operation_view import CallView, OperationView
from storewright.codegen.pair_view import PairView
from storewright.codegen.texts import doc, literal
from storewright.codegen.vocabulary import PAIR_TYPES
from storewright.core.modes import LIST_MODES, OBJECT_MODES

__all__ = ["environment", "format_python", "render_core", "render_service"]

_MODE = black.Mode(target_versions={TargetVersion.PY311}, line_length=100)
_SERVICE_MODULES = ("pairs", "specs", "features", "metadata", "options", "bindings")


@cache
def environment() -> jinja2.Environment:
    """The template environment: an undefined name is an error."""
    env = jinja2.Environment(
        loader=jinja2.PackageLoader("storewright.codegen", "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    helpers: dict[str, Any] = {"doc": doc, "literal": literal, "stored": _stored}
    env.globals.update(helpers)
    env.filters["repr"] = repr
    return env


def _stored(field: Metadatum) -> str:
    return PAIR_TYPES[field.type].stored


def format_python(text: str) -> str:
    """Rendered Python without unused imports, as black at its pinned version formats it."""
    return black.format_str(prune_imports(text), mode=_MODE)


def _python(template: str, context: Mapping[str, Any]) -> str:
    return format_python(environment().get_template(template).render(context))


# ------------------------------------------------------------------------------------------ core


@dataclass(frozen=True, slots=True)
class _CoreInterface:
    """An interface as the neutral module shows it."""

    core: Core
    interface: Interface

    @property
    def title(self) -> str:
        words = self.interface.name.split("_")
        return "".join(word.upper() if word == "http" else word.capitalize() for word in words)

    @property
    def parent(self) -> str:
        if self.interface.base:
            return "Base" if self.interface.namespace == "service" else "Openable, Base"
        return "Storager" if self.interface.namespace == "storage" else "Servicer"

    @property
    def absent(self) -> list[str]:
        own = {operation.name for operation in self.interface.operations}
        return sorted(set(self.core.operations(self.interface.namespace)) - own)

    @property
    def operations(self) -> list[OperationView]:
        return [OperationView(self.core, op, self.core.pairs) for op in self.interface.operations]


@dataclass(frozen=True, slots=True)
class _CorePair(PairView):
    @property
    def with_name(self) -> str:
        return f"with_{self.name}"


def _interfaces(core: Core) -> list[_CoreInterface]:
    """Base interfaces first, for the others derive from them."""
    ordered = sorted(core.interfaces.values(), key=lambda i: (not i.base, i.name))
    return [_CoreInterface(core, interface) for interface in ordered]


def render_core(core: Core, services: Iterable[Service]) -> dict[str, str]:
    """The modules that all services share: path below the package -> text."""
    adapters = sorted((s for s in services if not s.planned), key=lambda s: s.name)
    known = {name: pair.security for name, pair in core.pairs.items()}
    for service in adapters:
        for name, pair in service.pairs.items():
            known[name] = known.get(name, False) or pair.security
    context = {
        "core": core,
        "pairs": [_CorePair(core.pairs[name]) for name in sorted(core.pairs)],
        "interfaces": _interfaces(core),
        "object_fields": core.object_fields,
        "storage_fields": core.storage_fields,
        "limits": core.limits,
        "object_modes": OBJECT_MODES,
        "list_modes": LIST_MODES,
        "services": adapters,
        "profiles": sorted((p.name, s.name) for s in adapters for p in s.profiles),
        "known": sorted(known.items()),
        "features": sorted(
            {
                name
                for service in adapters
                for ns in service.namespaces.values()
                for name, _, _ in NamespaceView(core, service, ns).features
            }
        ),
    }
    modules = ("pairs", "modes", "objects", "interfaces", "registry")
    files = {f"{name}.py": _python(f"core/{name}.py.j2", context) for name in modules}
    return {"__init__.py": _python("core/package.py.j2", context), "py.typed": "", **files}


# --------------------------------------------------------------------------------------- services


@dataclass(frozen=True, slots=True)
class _ResponseView:
    core: Core
    service: Service
    response: Response

    @property
    def name(self) -> str:
        return self.response.name

    @property
    def fields(self) -> Mapping[str, Any]:
        return self.response.fields

    @property
    def system(self) -> Mapping[str, Any]:
        return self.response.system

    @property
    def positional(self) -> list[str]:
        """Arguments of Object after path, id and mode; trailing ones that say nothing left out."""
        optional = [field.name for field in self.core.object_fields if not field.required]
        arguments = [self._argument(name) for name in optional]
        while arguments and arguments[-1] == "None":
            arguments.pop()
        return arguments

    def _argument(self, name: str) -> str:
        if name == "system_metadata" and self.response.system:
            return self.metadata if not self.shared else f"_{self.name}_metadata({self._given})"
        return self._value(name, self.response.fields)

    @property
    def shared(self) -> tuple[str, ...]:
        """The service's metadata that are told, where they are few: their records are shared.

        A listing has a thousand items a page and few combinations of these; a record of two dozen
        fields for each would take longer than all the rest.
        """
        told = tuple(field.name for field in self.service.object_meta if field.name in self.system)
        return told if len(told) * 4 <= len(self.service.object_meta) else ()

    @property
    def _given(self) -> str:
        return ", ".join(self._value(name, self.system) for name in self.shared)

    @property
    def metadata(self) -> str:
        """The call that makes the record, from what is told or from the arguments that say it."""
        fields = self.service.object_meta
        if self.shared:
            inner = [f.name if f.name in self.shared else "None" for f in fields]
        else:
            inner = [self._value(f.name, self.system) for f in fields]
        return f"{self.service.prefix}ObjectMetadata({', '.join(inner)})"

    @staticmethod
    def _value(name: str, bindings: Mapping[str, Any]) -> str:
        if name not in bindings:
            return "None"
        binding = bindings[name]
        value = f'get("{binding.name}")'
        return f"decode_{binding.encode}({value})" if binding.encode else value


def _service_context(core: Core, service: Service) -> dict[str, Any]:
    namespaces = [NamespaceView(core, service, ns) for _, ns in sorted(service.namespaces.items())]
    own = [PairView(service.pairs[name]) for name in sorted(service.pairs)]
    used = {view.name for ns in namespaces for op in ns.operations for view in op.accepted} | {
        view.name for ns in namespaces for view in ns.new_pairs
    }
    defaultable = {v.name: v for ns in namespaces for v in ns.defaultable}
    flags = {name: text for ns in namespaces for name, text in ns.enable_flags}
    storage = next((ns for ns in namespaces if ns.storage), None)
    calls = [
        CallView(call, storage.operation(name))
        for call in service.calls
        for name in sorted(call.operations)
        if storage is not None
    ]
    responses = [_ResponseView(core, service, response) for response in service.responses]
    pair_names = [
        *(f"with_{v.name}" for v in own),
        *(f"with_default_{name}" for name in sorted(defaultable)),
        *(f"with_enable_{name}" for name in sorted(flags)),
        *(f"with_{ns.namespace.name}_features" for ns in namespaces),
        *(f"with_default_{ns.namespace.name}_pairs" for ns in namespaces),
    ]
    return {
        "core": core,
        "service": service,
        "namespaces": namespaces,
        "own": own,
        "core_constants": sorted(PairView(core.pairs[n]).constant for n in used if n in core.pairs),
        "defaultable": [defaultable[name] for name in sorted(defaultable)],
        "flags": sorted(flags.items()),
        "pair_names": pair_names,
        "calls": calls,
        "responses": responses,
        "options": sorted({view.options for view in calls}),
        "coders": _coders(service),
        "interface_names": sorted(view.title for view in _interfaces(core)),
    }


def _coders(service: Service) -> list[str]:
    encoders = {b.encode for call in service.calls for b in call.bindings.values()}
    decoders = {
        b.encode
        for response in service.responses
        for b in (*response.fields.values(), *response.system.values())
    }
    return sorted([f"encode_{n}" for n in encoders if n] + [f"decode_{n}" for n in decoders if n])


def render_service(core: Core, service: Service) -> dict[str, str]:
    """One service's package: path below it -> text."""
    context = _service_context(core, service)
    files = {f"{name}.py": _python(f"service/{name}.py.j2", context) for name in _SERVICE_MODULES}
    for ns in context["namespaces"]:
        files[f"{ns.namespace.name}.py"] = _python("service/namespace.py.j2", {**context, "ns": ns})
    files["__init__.py"] = _python("service/package.py.j2", context)
    return files
