"""service.toml -> Service."""

from collections.abc import Mapping
from typing import Any, Final, cast

from storewright.codegen.core_spec import check_known, read_metadata, read_pair
from storewright.codegen.evidence import LEVELS
from storewright.codegen.model import (
    Binding,
    Call,
    Core,
    Metadatum,
    Namespace,
    Pair,
    ProfileSpec,
    Response,
    Service,
    ServiceOperation,
)
from storewright.codegen.tables import Table
from storewright.core import encoders, values
from storewright.core.modes import LIST_MODES
from storewright.core.suggest import did_you_mean

__all__ = ["DECODERS", "ENCODERS", "ServiceReader"]

ENCODERS: Final = tuple(
    n.removeprefix("encode_") for n in encoders.__all__ if n.startswith("encode_")
)
DECODERS: Final = tuple(
    n.removeprefix("decode_") for n in encoders.__all__ if n.startswith("decode_")
)
_STATUSES: Final = ("", "planned")


class ServiceReader:
    """Reads one service.toml against the core vocabulary; mistakes go to the table's problems."""

    def __init__(self, table: Table, core: Core, folder: str) -> None:
        self.table = table
        self.core = core
        self.folder = folder
        self.name = ""
        self.own: dict[str, Pair] = {}
        self.bindings: dict[str, dict[str, Binding]] = {}

    @property
    def pairs(self) -> dict[str, Pair]:
        """Every pair that the service may name."""
        return {**self.core.pairs, **self.own}

    def read(self) -> Service:
        """The service, as far as it can be read."""
        table = self.table
        self.name = table.text("name")
        table.check_name(self.name) if self.name else None
        if self.name and self.folder and self.name != self.folder:
            table.problem("name", f"{self.name!r} must be the folder's name, {self.folder!r}")
        status = table.optional_text("status")
        check_known(table, "status", [status], _STATUSES, "status")
        self._read_pairs()
        self._read_binds()
        namespaces = self._read_namespaces()
        calls = self._read_calls(namespaces)
        object_meta = read_metadata(table.table("infos").table("object"), "meta")
        storage_meta = read_metadata(table.table("infos").table("storage"), "meta")
        service = Service(
            name=self.name,
            title=table.optional_text("title") or self.name,
            description=table.text("description"),
            planned=status == "planned",
            spec=table.file,
            namespaces=namespaces,
            pairs=self.own,
            object_meta=object_meta,
            storage_meta=storage_meta,
            limits=self._read_limits(table.table("limits")),
            calls=calls,
            responses=self._read_responses(object_meta),
            profiles=self._read_profiles(namespaces),
            extra=table.optional_text("extra"),
        )
        self._check_infos()
        table.done()
        return service

    def _check_infos(self) -> None:
        infos = self.table.table("infos")
        for level in ("object", "storage"):
            inner = infos.table(level)
            inner.table("meta")
            inner.done()
        infos.done()

    # ------------------------------------------------------------------------------------ pairs

    def _read_pairs(self) -> None:
        for name, table in self.table.tables("pairs"):
            if name in self.core.pairs:
                table.problem("", "the core vocabulary has a pair of this name")
            if name.startswith(("enable_", "default_")):
                table.problem("", "names that begin with enable_ or default_ are generated")
            self.own[name] = read_pair(name, table, self.name)
            self.bindings[name] = self._read_bind(table, "bind")
            table.done()

    def _read_binds(self) -> None:
        binds = self.table.table("bind")
        for name in sorted(binds.data):
            bind = self._read_bind(binds, name)
            if name in self.own:
                binds.problem(name, "bind a pair of this service in its own table")
            elif name not in self.core.pairs:
                hint = did_you_mean(name, self.core.pairs)
                binds.problem(name, f"unknown pair {name!r}{hint}")
            else:
                self.bindings[name] = bind

    def _read_bind(self, table: Table, key: str) -> dict[str, Binding]:
        found: dict[str, Binding] = {}
        for call, value in table.mapping(key).items():
            binding = self._binding(table, f"{key}.{call}", value, ENCODERS)
            if binding is not None:
                found[call] = binding
        return found

    def _binding(
        self, table: Table, where: str, value: Any, coders: tuple[str, ...], key: str = "encode"
    ) -> Binding | None:
        if isinstance(value, str) and value:
            return Binding(value)
        if not isinstance(value, dict):
            table.problem(where, f"expected the vendor's name or {{ name = …, {key} = … }}")
            return None
        inner = Table(cast("dict[str, Any]", value), table.file, table.at(where), table.problems)
        name, coder = inner.text("name"), inner.text(key)
        if coder:
            check_known(inner, key, [coder], coders, f"{key}r")
        inner.done()
        return Binding(name, coder)

    # ------------------------------------------------------------------------------- namespaces

    def _read_namespaces(self) -> dict[str, Namespace]:
        outer = self.table.table("namespace")
        found: dict[str, Namespace] = {}
        for name in ("service", "storage"):
            if name in outer:
                found[name] = self._read_namespace(name, outer.table(name))
        if not found:
            self.table.problem("namespace", "needs [namespace.storage] or [namespace.service]")
        outer.done()
        return found

    def _read_namespace(self, name: str, table: Table) -> Namespace:
        base = "storager" if name == "storage" else "servicer"
        candidates = {i.name: i for i in self.core.interfaces.values() if i.namespace == name}
        implement = table.names("implement")
        optional = [interface for interface in candidates if interface != base]
        check_known(table, "implement", implement, optional, "interface")
        chosen = (base, *(i for i in sorted(implement) if i in optional))
        interfaces = tuple(candidates[interface] for interface in chosen)
        features = table.names("features")
        check_known(table, "features", features, self.core.features, "feature")
        new = table.table("new")
        construction = {key: self._pair_names(new, key) for key in ("required", "optional")}
        self._check_twice(new, construction)
        new.done()
        handled = self._pair_names(table, "handled")
        namespace = Namespace(
            name=name,
            interfaces=interfaces,
            features=tuple(self.core.features[f] for f in features if f in self.core.features),
            new_required=construction["required"],
            new_optional=self._with_implied(name, construction),
            operations=self._read_operations(table.table("op"), interfaces, handled),
        )
        table.done()
        return namespace

    def _with_implied(
        self, namespace: str, construction: Mapping[str, tuple[str, ...]]
    ) -> tuple[str, ...]:
        implied = ["interceptor", *(["work_dir"] if namespace == "storage" else [])]
        given = (*construction["required"], *construction["optional"])
        return (*construction["optional"], *(pair for pair in implied if pair not in given))

    def _pair_names(self, table: Table, key: str) -> tuple[str, ...]:
        names = table.names(key)
        check_known(table, key, names, self.pairs, "pair")
        return tuple(name for name in names if name in self.pairs)

    def _check_twice(self, table: Table, lists: Mapping[str, tuple[str, ...]]) -> None:
        seen: dict[str, str] = {}
        for key, names in lists.items():
            for name in names:
                if name in seen:
                    table.problem(key, f"{name!r} stands under {seen[name]} too")
                seen.setdefault(name, key)

    def _read_operations(
        self, table: Table, interfaces: tuple[Any, ...], handled: tuple[str, ...]
    ) -> tuple[ServiceOperation, ...]:
        known = {op.name: op for interface in interfaces for op in interface.operations}
        everywhere = tuple(pair.name for pair in self.core.pairs.values() if pair.everywhere)
        unknown = [name for name in table.data if name not in known]
        for name in unknown:
            hint = did_you_mean(name, known)
            table.problem(name, f"is no operation of the interfaces implemented{hint}")
        found: list[ServiceOperation] = []
        for name, operation in known.items():
            inner = table.table(name)
            lists = {k: self._pair_names(inner, k) for k in ("required", "optional", "virtual")}
            self._check_twice(inner, lists)
            given = tuple(pair for names in lists.values() for pair in names)
            if operation.like and given:
                inner.problem("", f"takes the pairs of {operation.like}")
            for missing in (pair for pair in operation.pairs if pair not in given):
                inner.problem(
                    "", f"mandatory pair {missing!r} is neither required, optional nor virtual"
                )
            implied = () if operation.local else tuple(p for p in everywhere if p not in given)
            own_handled = self._pair_names(inner, "handled")
            accepted = (*given, *implied)
            for pair in (pair for pair in own_handled if pair not in accepted):
                inner.problem("handled", f"{pair!r} is no pair of this operation")
            list_modes = inner.names("list_modes")
            check_known(inner, "list_modes", list_modes, LIST_MODES, "list mode")
            if ("list_mode" in accepted) != bool(list_modes):
                inner.problem(
                    "list_modes",
                    "goes with the pair 'list_mode': name the modes, the default first",
                )
            found.append(
                ServiceOperation(
                    operation=operation,
                    required=lists["required"],
                    optional=(*lists["optional"], *implied),
                    virtual=lists["virtual"],
                    simulated=inner.flag("simulated"),
                    handled=(*own_handled, *(p for p in (*handled, *implied) if p in accepted)),
                    list_modes=list_modes,
                )
            )
            inner.done()
        return tuple(found)

    # ---------------------------------------------------------------------------------- bindings

    def _read_calls(self, namespaces: Mapping[str, Namespace]) -> tuple[Call, ...]:
        storage = namespaces.get("storage")
        operations = {op.operation.name for op in storage.operations} if storage else set[str]()
        table = self.table.table("calls")
        calls: list[Call] = []
        for name in sorted(table.data):
            table.check_name(name)
            used = table.names(name)
            check_known(table, name, used, operations, "operation")
            bindings = {p: b[name] for p, b in sorted(self.bindings.items()) if name in b}
            calls.append(Call(name, used, bindings))
        names = [call.name for call in calls]
        for pair, binds in sorted(self.bindings.items()):
            for call in sorted(set(binds) - set(names)):
                message = f"unknown call {call!r}{did_you_mean(call, names)}"
                place = f"pairs.{pair}.bind" if pair in self.own else f"bind.{pair}"
                self.table.problem(place, message)
        return tuple(calls)

    def _read_responses(self, own: tuple[Metadatum, ...]) -> tuple[Response, ...]:
        fields = [field.name for field in self.core.object_fields if not field.required]
        system = [field.name for field in own]
        found: list[Response] = []
        for name, table in self.table.tables("responses"):
            bindings = {
                key: binding
                for key, value in sorted(table.data.items())
                if (binding := self._binding(table, key, value, DECODERS, "decode")) is not None
            }
            for key in table.data:
                (
                    table.mapping(key)
                    if isinstance(table.data[key], dict)
                    else table.optional_text(key)
                )
            check_known(table, "", bindings, (*fields, *system), "object metadatum")
            found.append(
                Response(
                    name,
                    {key: b for key, b in bindings.items() if key in fields},
                    {key: b for key, b in bindings.items() if key in system},
                )
            )
        return tuple(found)

    # ------------------------------------------------------------------------ limits, profiles

    def _read_limits(self, table: Table) -> dict[str, Any]:
        known = {limit.name: limit for limit in self.core.limits}
        check_known(table, "", table.data, known, "limit")
        found: dict[str, Any] = {}
        for name, value in sorted(table.data.items()):
            if name in known:
                found[name] = self._value(table, name, value, known[name].type)
        return found

    def _value(self, table: Table, key: str, value: Any, type_name: str) -> Any:
        """A TOML value as the pair type demands; sizes may be written "5GiB"."""
        try:
            if isinstance(value, str) and type_name not in ("string", "any"):
                return getattr(values, f"parse_{type_name}")(key, value)
            return getattr(values, f"as_{type_name}")(key, value)
        except (TypeError, ValueError) as error:
            table.problem(key, str(error))
            return None

    def _read_unsupported(
        self, table: Table, accepted: Mapping[str, tuple[str, ...]]
    ) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
        """Pairs refused by every operation that takes them, and those that only some refuse."""
        known = {pair for pairs in accepted.values() for pair in pairs}
        check_known(table, "", table.data, ("every", *accepted), "operation")
        everywhere = table.names("every")
        check_known(table, "every", everywhere, known, "pair of any operation")
        refused = {op: table.names(op) for op in sorted(table.data) if op != "every"}
        for op, names in refused.items():
            left = [pair for pair in accepted.get(op, ()) if pair not in everywhere]
            check_known(table, op, names, left, "pair of this operation")
        return everywhere, refused

    def _read_profiles(self, namespaces: Mapping[str, Namespace]) -> tuple[ProfileSpec, ...]:
        storage = namespaces.get("storage")
        accepted = {op.operation.name: op.accepted for op in storage.operations} if storage else {}
        construction = (*storage.new_required, *storage.new_optional) if storage else ()
        interfaces = [i.name for i in storage.interfaces if not i.base] if storage else []
        found: list[ProfileSpec] = []
        for name, table in self.table.tables("profiles"):
            defaults = table.table("defaults")
            check_known(defaults, "", defaults.data, construction, "construction pair")
            everywhere, refused = self._read_unsupported(table.table("unsupported"), accepted)
            lacks = table.names("lacks")
            check_known(table, "lacks", lacks, interfaces, "interface")
            level = table.text("level")
            check_known(table, "level", [level], LEVELS, "level")
            found.append(
                ProfileSpec(
                    name=name,
                    description=table.text("description"),
                    defaults={
                        key: self._value(defaults, key, value, self.pairs[key].type)
                        for key, value in sorted(defaults.data.items())
                        if key in construction
                    },
                    everywhere=everywhere,
                    unsupported=refused,
                    lacks=lacks,
                    limits=self._read_limits(table.table("limits")),
                    level=level,
                )
            )
            table.done()
        return tuple(found)
