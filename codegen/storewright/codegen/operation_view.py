"""An operation as templates show it: signature, docstring, checks, and its vendor calls."""

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from storewright.codegen.model import Call, Core, Operation, Pair, Service, ServiceOperation
from storewright.codegen.pair_view import PairView
from storewright.codegen.texts import doc
from storewright.codegen.vocabulary import FIELD_TYPES, RESULTS
from storewright.core.modes import LIST_MODES, OBJECT_MODES

__all__ = ["CallView", "OperationView"]


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
    def shares(self) -> bool:
        """Whether calls without options share one object, which pays where there are many."""
        return len(self.accepted) >= 8 and not self.list_modes

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
            "parts": "as_parts",
            "paths": "as_strings",
            "string": "as_string",
            "strings": "as_strings",
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
