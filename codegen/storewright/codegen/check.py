"""Rules that need the whole picture: unbound pairs, dead definitions, clashes between services."""

from collections.abc import Iterable, Mapping

from storewright.codegen.model import Core, Namespace, Service, ServiceOperation
from storewright.codegen.problems import Problems

__all__ = ["check_service", "check_unused"]


def check_service(service: Service, problems: Problems) -> None:
    """Note what is wrong with one service beyond the form of its file."""
    for namespace in service.namespaces.values():
        _check_features(service, namespace, problems)
        _check_wiring(service, namespace, problems)
    _check_bindings_used(service, problems)
    _check_own_pairs_used(service, problems)


def _check_features(service: Service, namespace: Namespace, problems: Problems) -> None:
    """A virtual feature must govern something here, and a simulated operation may need none."""
    simulated = {op.operation.name for op in namespace.operations if op.simulated}
    virtual = {pair for op in namespace.operations for pair in op.virtual}
    names = {op.operation.name for op in namespace.operations}
    for feature in namespace.features:
        if feature.kind != "virtual":
            continue
        for operation in sorted(set(feature.operations) & names - simulated):
            where = f"namespace.{namespace.name}.op.{operation}.simulated"
            message = f"must be true, for the feature {feature.name!r} makes it virtual"
            problems.add(service.spec, where, message)
        governs = set(feature.operations) & names or set(feature.pairs) & virtual
        if not governs:
            where = f"namespace.{namespace.name}.features"
            problems.add(service.spec, where, f"{feature.name!r} governs nothing here")


def _check_wiring(service: Service, namespace: Namespace, problems: Problems) -> None:
    """Each pair of each operation is bound to a vendor call, or adapter code handles it."""
    if not service.calls:
        return  # an adapter without vendor calls has nothing to bind: it handles every pair
    for operation in namespace.operations:
        bound = _bound_pairs(service, operation) if namespace.name == "storage" else set[str]()
        where = f"namespace.{namespace.name}.op.{operation.operation.name}"
        for pair in operation.accepted:
            if pair not in bound and pair not in operation.handled:
                message = f"pair {pair!r} is neither bound to a call nor listed under handled"
                problems.add(service.spec, where, message)


def _bound_pairs(service: Service, operation: ServiceOperation) -> set[str]:
    name = operation.operation.name
    return {pair for call in service.calls if name in call.operations for pair in call.bindings}


def _check_bindings_used(service: Service, problems: Problems) -> None:
    storage = service.namespaces.get("storage")
    accepted = {op.operation.name: op.accepted for op in storage.operations} if storage else {}
    for call in service.calls:
        taken = {pair for op in call.operations for pair in accepted.get(op, ())}
        for pair in sorted(set(call.bindings) - taken):
            place = f"pairs.{pair}.bind" if pair in service.pairs else f"bind.{pair}"
            message = f"no operation that makes the call {call.name!r} takes the pair"
            problems.add(service.spec, place, message)
        if not call.operations:
            problems.add(service.spec, f"calls.{call.name}", "is made by no operation")


def _used_pairs(service: Service) -> set[str]:
    used: set[str] = set()
    for namespace in service.namespaces.values():
        used.update(namespace.new_required, namespace.new_optional)
        for operation in namespace.operations:
            used.update(operation.accepted)
    return used


def _check_own_pairs_used(service: Service, problems: Problems) -> None:
    for name in sorted(set(service.pairs) - _used_pairs(service)):
        problems.add(service.spec, f"pairs.{name}", "is used by no operation and not by new")


def check_unused(core: Core, services: Iterable[Service], problems: Problems) -> None:
    """Note core pairs and features that no service uses: dead definitions."""
    everything = list(services)
    used = {pair for service in everything for pair in _used_pairs(service)}
    features = {
        feature.name
        for service in everything
        for namespace in service.namespaces.values()
        for feature in namespace.features
    }
    _note_unused("pairs", core.pairs, used, problems)
    _note_unused("features", core.features, features, problems)


def _note_unused(
    kind: str, defined: Mapping[str, object], used: set[str], problems: Problems
) -> None:
    for name in sorted(set(defined) - used):
        problems.add(f"specs/core/{kind}.toml", name, "is used by no service")
