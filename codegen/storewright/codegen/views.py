"""What templates show: names, signatures and docstrings, worked out in Python."""

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from storewright.codegen.model import (
    Call,
    Core,
    Interface,
    Namespace,
    Operation,
    Pair,
    Service,
    ServiceOperation,
)
from storewright.codegen.vocabulary import FIELD_TYPES, PAIR_TYPES, RESULTS
from storewright.core.modes import LIST_MODES, OBJECT_MODES

__all__ = [
    "CallView", "NamespaceView", "OperationView", "PairView", "doc", "feature_fields", "literal",
]  # fmt: skip

_WIDTH = 92


def doc(text: str, indent: int = 0) -> str:
    """``text`` wrapped as the body of a docstring."""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    wrapped = (textwrap.fill(part, _WIDTH - indent) for part in paragraphs)
    return textwrap.indent("\n\n".join(wrapped), " " * indent).lstrip()


def literal(value: object) -> str:
    """A Python literal, the same on every run."""
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, object]", value)
        items = ", ".join(f"{key!r}: {literal(entries[key])}" for key in sorted(entries))
        return "{" + items + "}"
    if isinstance(value, tuple):
        return "(" + "".join(f"{literal(i)}, " for i in cast("tuple[object, ...]", value)) + ")"
    return repr(value)


@dataclass(frozen=True, slots=True)
class PairView:
    """A pair as constructors, options and signatures show it."""

    pair: Pair

    @property
    def name(self) -> str:
        return self.pair.name

    @property
    def constant(self) -> str:
        return self.pair.name.upper()

    @property
    def annotation(self) -> str:
        """What callers may pass."""
        if self.pair.values:
            return f"Literal[{', '.join(map(repr, self.pair.values))}]"
        return PAIR_TYPES[self.pair.type].annotation

    @property
    def stored(self) -> str:
        """What adapters find."""
        return PAIR_TYPES[self.pair.type].stored

    @property
    def parameter(self) -> str:
        return f"{self.name}: {self.annotation} | None = None"

    def checked(self, value: str) -> str:
        """An expression for the checked value."""
        if self.pair.values:
            return f'as_enum("{self.name}", {value}, {self.constant}.values)'
        return f'{PAIR_TYPES[self.pair.type].check}("{self.name}", {value})'

    @property
    def notes(self) -> str:
        """What docs say besides the description."""
        pair = self.pair
        parts = [word for word in ("defaultable", "security", "secret") if getattr(pair, word)]
        parts += [f"one of {', '.join(pair.values)}"] if pair.values else []
        parts += ["every operation that makes a request"] if pair.everywhere else []
        return "; ".join(parts)

    @property
    def spec(self) -> str:
        """The PairSpec's constructor call."""
        pair = self.pair
        parts = [repr(pair.name), repr(pair.type), repr(" ".join(pair.description.split()))]
        parts += [f"service={pair.service!r}"] if pair.service else []
        parts += ["secret=True"] if pair.secret else []
        parts += ["security=True"] if pair.security else []
        parts += [f"alias={literal(pair.alias)}"] if pair.alias else []
        parts += [f"env={literal(pair.env)}"] if pair.env else []
        parts += [f"values=frozenset({literal(pair.values)})"] if pair.values else []
        return f"PairSpec({', '.join(parts)})"


class OperationView:
    """An operation, neutral or as one service has it."""

    def __init__(
        self,
        core: Core,
        operation: Operation,
        pairs: Mapping[str, Pair],
        own: ServiceOperation | None = None,
        service: Service | None = None,
    ) -> None:
        self.core = core
        self.operation = operation
        self.pairs = pairs
        self.own = own
        self.service = service
        self.shared = core.operations(operation.namespace).get(operation.like, operation)

    @property
    def name(self) -> str:
        return self.operation.name

    @property
    def class_name(self) -> str:
        """How its options class begins."""
        words = "".join(word.capitalize() for word in self.shared.name.split("_"))
        return f"Service{words}" if self.operation.namespace == "service" else words

    @property
    def neutral(self) -> list[str]:
        """Pairs in every service's signature."""
        names = [*self.shared.pairs, *self.shared.common]
        if not self.operation.local:
            names += [p.name for p in self.core.pairs.values() if p.everywhere]
        return list(dict.fromkeys(names))

    @property
    def accepted(self) -> list[PairView]:
        """Pairs that the service takes, in signature order."""
        taken = self.own.accepted if self.own else ()
        return [PairView(self.pairs[name]) for name in self._order(taken)]

    @property
    def signature_pairs(self) -> list[PairView]:
        """Every optional keyword of the public method."""
        taken = self.own.accepted if self.own else ()
        return [PairView(self.pairs[n]) for n in self._order({*self.neutral, *taken})]

    def _order(self, names: Iterable[str]) -> list[str]:
        """Neutral pairs as the core lists them, then the service's own by name, timeout last."""
        everywhere = [p.name for p in self.core.pairs.values() if p.everywhere]
        wanted = set(names)
        neutral = [name for name in self.neutral if name in wanted and name not in everywhere]
        own = sorted(wanted - set(neutral) - set(everywhere))
        return [*neutral, *own, *(name for name in everywhere if name in wanted)]

    @property
    def refused(self) -> list[PairView]:
        """Pairs in the signature that the service does not take."""
        taken = self.own.accepted if self.own else ()
        return [view for view in self.signature_pairs if view.name not in taken]

    @property
    def in_base(self) -> bool:
        """Whether the operation belongs to the interface that every service has."""
        return self.core.interfaces[self.operation.interface].base

    def takes(self, pair: str) -> bool:
        """Whether the service takes a pair here."""
        return self.own is not None and pair in self.own.accepted

    @property
    def required(self) -> tuple[str, ...]:
        return self.own.required if self.own else ()

    @property
    def parameters(self) -> str:
        """Everything between the parentheses, without self."""
        parts = [f"{f.name}: {FIELD_TYPES[f.type]}" for f in self.operation.params]
        parts += [f'{f.name}: {FIELD_TYPES[f.type]} = ""' for f in self.operation.optional_params]
        parts.append("*pairs: Pair")
        parts += [view.parameter for view in self.signature_pairs]
        return ", ".join(parts)

    @property
    def plain_parameters(self) -> str:
        """Names of the required parameters."""
        fields = (*self.operation.params, *self.operation.optional_params)
        return ", ".join(field.name for field in fields)

    def overload(self, callbacks: str) -> str:
        """Parameters of one typing overload of list: callbacks absent, dir_func or file_func."""
        parts = [f"{f.name}: {FIELD_TYPES[f.type]} = ..." for f in self.operation.optional_params]
        parts.append("*pairs: Pair")
        for view in self.signature_pairs:
            if view.name not in ("dir_func", "file_func"):
                parts.append(f"{view.name}: {view.annotation} | None = ...")
            elif callbacks == view.name:
                parts.append(f"{view.name}: ObjectFunc")
            elif callbacks == "dir_func":
                parts.append(f"{view.name}: ObjectFunc | None = ...")
            else:
                parts.append(f"{view.name}: None = ...")
        return ", ".join(parts)

    @property
    def has_callbacks(self) -> bool:
        return "dir_func" in self.neutral

    @property
    def arguments(self) -> str:
        """The public method's own parameters, handed to the adapter."""
        names = [f.name for f in (*self.operation.params, *self.operation.optional_params)]
        return ", ".join([*names, "options"])

    @property
    def adapter_parameters(self) -> str:
        fields = (*self.operation.params, *self.operation.optional_params)
        parts = [f"{f.name}: {self._adapter_type(f.type)}" for f in fields]
        return ", ".join([*parts, f"options: {self.class_name}Options"])

    @staticmethod
    def _adapter_type(type_name: str) -> str:
        return {"duration": "float", "paths": "Sequence[str]"}.get(
            type_name, FIELD_TYPES[type_name]
        )

    @property
    def conversions(self) -> list[tuple[str, str]]:
        """Required parameters that are checked before use: (name, expression)."""
        checks = {
            "duration": "as_duration",
            "int": "as_int",
            "paths": "as_strings",
            "string": "as_string",
        }
        return [
            (f.name, f'{checks[f.type]}("{f.name}", {f.name})')
            for f in self.operation.params
            if f.type in checks
        ]

    @property
    def item(self) -> str:
        return RESULTS[self.operation.items].public if self.operation.items else ""

    @property
    def returns(self) -> str:
        if self.item:
            return f"{self.item}Iterator"
        return RESULTS[self.operation.returns].public

    @property
    def adapter_returns(self) -> str:
        if self.item:
            return f"Fetch[{self.item}]"
        return RESULTS[self.operation.returns].adapter

    @property
    def path_argument(self) -> str:
        """The expression that errors name as path."""
        fields = (*self.operation.params, *self.operation.optional_params)
        for field in fields:
            if field.type == "path":
                return field.name
            if field.type in ("object", "segment"):
                return f"{field.name}.path"
        return "name" if any(f.name == "name" for f in fields) else '""'

    @property
    def docstring(self) -> str:
        """Summary, parameters and result."""
        fields = (*self.operation.params, *self.operation.optional_params)
        lines = [doc(self.operation.description, 8)]
        entries = [(f.name, f.description) for f in fields]
        entries += [(view.name, view.pair.description) for view in self.signature_pairs]
        refused = {view.name for view in self.refused} if self.own else set[str]()
        body = [
            self._entry(n, d, " (not supported here)" if n in refused else "") for n, d in entries
        ]
        if body:
            lines.append("        Args:\n" + "\n".join(body))
        if self.item:
            lines.append(f"        Returns:\n            An iterator of {self.item}.")
        elif self.operation.returns != "none":
            text = self.core.results[self.operation.returns]
            lines.append("        Returns:\n" + textwrap.indent(textwrap.fill(text, 80), " " * 12))
        return "\n\n".join(lines)

    @staticmethod
    def _entry(name: str, description: str, suffix: str) -> str:
        text = f"{name}: {' '.join(description.split())}{suffix}"
        return textwrap.fill(text, 92, initial_indent=" " * 12, subsequent_indent=" " * 16)

    @property
    def modes(self) -> list[tuple[int, str]]:
        """Object modes that a feature must allow first: (bit, feature)."""
        if self.service is None or self.own is None or "object_mode" not in self.own.accepted:
            return []
        namespace = self.service.namespaces[self.operation.namespace]
        return [
            (OBJECT_MODES[mode], feature.name)
            for feature in namespace.features
            for mode in feature.modes
        ]

    @property
    def mode_bit(self) -> int:
        return OBJECT_MODES.get(self.operation.object_mode, 0)

    @property
    def mode_argument(self) -> str:
        return next((f.name for f in self.operation.params if f.type == "object"), "object")

    @property
    def list_modes(self) -> list[int]:
        return (
            [LIST_MODES[mode] for mode in self.own.list_modes if mode in LIST_MODES]
            if self.own
            else []
        )

    @property
    def list_mode_names(self) -> str:
        return ", ".join(self.own.list_modes) if self.own else ""

    def limit(self, key: str) -> str:
        """Name of the limit, if the service or one of its profiles has it."""
        name: str = getattr(self.operation, key)
        if not name or self.service is None:
            return ""
        limits = [self.service.limits, *(profile.limits for profile in self.service.profiles)]
        return name if any(limit in found for limit in [name] for found in limits) else ""

    @property
    def gates(self) -> tuple[str, ...]:
        """Features, any of which allows a simulated operation; empty for a native one."""
        if self.service is None or self.own is None or not self.own.simulated:
            return ()
        namespace = self.service.namespaces[self.operation.namespace]
        groups = [f.name for f in namespace.features if self.name in f.operations]
        return ("virtual_operation_all", f"virtual_operation_{self.name}", *groups)

    @property
    def virtual_gates(self) -> dict[str, tuple[str, ...]]:
        """For each virtual pair, the features that allow it."""
        if self.service is None or self.own is None:
            return {}
        namespace = self.service.namespaces[self.operation.namespace]
        return {
            pair: (
                "virtual_pair_all",
                f"virtual_pair_{self.name}_all",
                f"virtual_pair_{self.name}_{pair}",
                *(f.name for f in namespace.features if pair in f.pairs),
            )
            for pair in self.own.virtual
        }


class NamespaceView:
    """The storage or service level of one service."""

    def __init__(self, core: Core, service: Service, namespace: Namespace) -> None:
        self.core = core
        self.service = service
        self.namespace = namespace
        self.pairs = {**core.pairs, **service.pairs}
        found = {own.operation.name: own for own in namespace.operations}
        self.operations = [
            OperationView(
                core, own.operation, self.pairs, found.get(own.operation.like, own), service
            )
            for own in namespace.operations
        ]

    @property
    def storage(self) -> bool:
        return self.namespace.name == "storage"

    @property
    def word(self) -> str:
        return "Storage" if self.storage else "Service"

    @property
    def base_interface(self) -> str:
        return "Storager" if self.storage else "Servicer"

    @property
    def requesting(self) -> list[OperationView]:
        """Operations that make requests, each with options of its own."""
        return [op for op in self.operations if not op.operation.local]

    @property
    def option_classes(self) -> list[OperationView]:
        return [op for op in self.operations if not op.operation.like]

    @property
    def new_pairs(self) -> list[PairView]:
        names = [*self.namespace.new_required, *self.namespace.new_optional]
        return [PairView(self.pairs[name]) for name in dict.fromkeys(names)]

    @property
    def defaultable(self) -> list[PairView]:
        taken = {name for op in self.namespace.operations for name in op.accepted}
        return [PairView(self.pairs[n]) for n in sorted(taken) if self.pairs[n].defaultable]

    @property
    def interfaces(self) -> list["InterfaceView"]:
        return [InterfaceView(self, interface) for interface in self.namespace.interfaces]

    @property
    def fixed(self) -> list["InterfaceView"]:
        """Interfaces that the class always has, apart from the base."""
        return [view for view in self.interfaces if not view.mixed and not view.interface.base]

    @property
    def mixed(self) -> list["InterfaceView"]:
        """Interfaces that features or a profile decide on."""
        return [view for view in self.interfaces if view.mixed]

    @property
    def class_operations(self) -> list[OperationView]:
        """Operations whose public methods stand in the class itself."""
        names = {op.name for view in self.mixed for op in view.interface.operations}
        return [op for op in self.operations if op.name not in names]

    @property
    def features(self) -> list[tuple[str, str, str]]:
        return feature_fields(self)

    @property
    def enable_flags(self) -> list[tuple[str, str]]:
        """Features that have an ``enable_…`` keyword of their own: all but the finest grain.

        ``loose_operation_<op>`` and ``virtual_pair_<op>_…`` are switched on through the features
        class, a connection string or a mapping; as keywords they would drown the others.
        """
        coarse = ("loose_operation_all", "virtual_pair_all")
        fine = ("loose_operation_", "virtual_pair_")
        return [
            (name, text)
            for name, default, text in self.features
            if default == "False" and (name in coarse or not name.startswith(fine))
        ]

    @property
    def virtual_pairs(self) -> dict[str, dict[str, tuple[str, ...]]]:
        return {op.name: op.virtual_gates for op in self.operations if op.virtual_gates}

    @property
    def simulated(self) -> dict[str, tuple[str, ...]]:
        """For each simulated operation, the features any of which allows it."""
        return {op.name: op.gates for op in self.operations if op.gates}

    @property
    def list_modes(self) -> tuple[int, ...]:
        """The modes that list knows, the default first."""
        return tuple(mode for op in self.operations for mode in op.list_modes)

    def operation(self, name: str) -> OperationView:
        return next(op for op in self.operations if op.name == name)


class InterfaceView:
    """An interface as one service has it."""

    def __init__(self, namespace: NamespaceView, interface: Interface) -> None:
        self.namespace = namespace
        self.interface = interface

    @property
    def name(self) -> str:
        return "".join(_camel(word) for word in self.interface.name.split("_"))

    @property
    def operations(self) -> list[OperationView]:
        return [self.namespace.operation(op.name) for op in self.interface.operations]

    @property
    def gates(self) -> tuple[tuple[str, ...], ...]:
        """For each simulated operation, the features any of which allows it."""
        return tuple(op.gates for op in self.operations if op.gates)

    @property
    def mixed(self) -> bool:
        lacking = [
            profile
            for profile in self.namespace.service.profiles
            if self.interface.name in profile.lacks
        ]
        return not self.interface.base and bool(self.gates or lacking)


def _camel(word: str) -> str:
    return word.upper() if word == "http" else word.capitalize()


def feature_fields(view: NamespaceView) -> list[tuple[str, str, str]]:
    """Fields of the features class: name, default, description."""
    fields: dict[str, tuple[str, str]] = {}

    def add(name: str, text: str, default: str = "False") -> None:
        fields[name] = (default, text)

    for feature in view.namespace.features:
        add(feature.name, feature.description, "True" if feature.kind == "system" else "False")
    add(
        "loose_operation_all",
        "Ignore pairs that an operation does not support, security pairs excepted.",
    )
    for op in (op for op in view.requesting if not op.operation.like):
        add(f"loose_operation_{op.name}", f"Ignore pairs that {op.name} does not support.")
    simulated = [op for op in view.operations if op.gates]
    if simulated:
        add("virtual_operation_all", "Allow every simulated operation.")
    for op in simulated:
        add(f"virtual_operation_{op.name}", f"Allow {op.name}, which is simulated.")
    if view.virtual_pairs:
        add("virtual_pair_all", "Allow every virtual pair.")
    for op_name, pairs in view.virtual_pairs.items():
        add(f"virtual_pair_{op_name}_all", f"Allow every virtual pair of {op_name}.")
        for pair in pairs:
            add(f"virtual_pair_{op_name}_{pair}", f"Allow the virtual pair {pair} of {op_name}.")
    return [(name, default, text) for name, (default, text) in sorted(fields.items())]


@dataclass(frozen=True, slots=True)
class CallView:
    """A vendor call made by one operation: a function that builds its arguments."""

    call: Call
    operation: OperationView

    @property
    def function(self) -> str:
        return f"{self.operation.name}_{self.call.name}"

    @property
    def options(self) -> str:
        return f"{self.operation.class_name}Options"

    @property
    def assignments(self) -> list[tuple[str, str, str]]:
        """(pair, vendor name, expression) in signature order."""
        found: list[tuple[str, str, str]] = []
        for view in self.operation.accepted:
            binding = self.call.bindings.get(view.name)
            if binding is not None:
                value = f"options.{view.name}"
                expression = f"encode_{binding.encode}({value})" if binding.encode else value
                found.append((view.name, binding.name, expression))
        return found
