"""The storage or service level of a service as templates show it: interfaces and features."""

from storewright.codegen.model import Core, Interface, Namespace, ProfileSpec, Service
from storewright.codegen.operation_view import OperationView
from storewright.codegen.pair_view import PairView

__all__ = ["InterfaceView", "NamespaceView"]


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

    def refusals(self, profile: ProfileSpec) -> dict[str, tuple[str, ...]]:
        """For each operation, the pairs that it does not take where the profile is chosen."""
        found = {
            own.operation.name: (
                *(pair for pair in own.accepted if pair in profile.everywhere),
                *(profile.unsupported.get(own.operation.name, ()) if self.storage else ()),
            )
            for own in self.namespace.operations
        }
        return {op: pairs for op, pairs in found.items() if pairs}

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
