"""What the specs say, as immutable data. The generator's later stages read nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = [
    "Binding",
    "Call",
    "Core",
    "Feature",
    "Field",
    "Interface",
    "Metadatum",
    "Namespace",
    "Operation",
    "Pair",
    "ProfileSpec",
    "Response",
    "Service",
    "ServiceOperation",
]


@dataclass(frozen=True, slots=True)
class Binding:
    """How a pair appears in one vendor call."""

    name: str
    """The vendor's parameter or header."""
    encode: str = ""
    """Name of the encoder, or empty."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A typed option."""

    name: str
    type: str
    description: str
    defaultable: bool = False
    everywhere: bool = False
    secret: bool = False
    security: bool = False
    env: tuple[str, ...] = ()
    alias: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    service: str = ""
    """The service that defines it; empty for the core vocabulary."""


@dataclass(frozen=True, slots=True)
class Field:
    """A required parameter of operations."""

    name: str
    type: str
    description: str


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the core vocabulary."""

    name: str
    interface: str
    namespace: str
    description: str
    params: tuple[Field, ...]
    optional_params: tuple[Field, ...]
    returns: str
    items: str
    pairs: tuple[str, ...]
    common: tuple[str, ...]
    object_mode: str
    local: bool
    like: str
    size_limit: str
    index_limit: str


@dataclass(frozen=True, slots=True)
class Interface:
    """A group of operations that a service has or has not."""

    name: str
    namespace: str
    description: str
    operations: tuple[Operation, ...]

    @property
    def base(self) -> bool:
        """Whether every service of the namespace has it."""
        return self.name in ("storager", "servicer")


@dataclass(frozen=True, slots=True)
class Feature:
    """An ability that the user switches on, or that a service has."""

    name: str
    kind: str
    description: str
    operations: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Metadatum:
    """A field of Object, of StorageMeta, or of a service's own metadata."""

    name: str
    type: str
    description: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Core:
    """The vocabulary that every service draws on."""

    interfaces: Mapping[str, Interface]
    pairs: Mapping[str, Pair]
    features: Mapping[str, Feature]
    results: Mapping[str, str]
    object_fields: tuple[Metadatum, ...]
    storage_fields: tuple[Metadatum, ...]
    limits: tuple[Metadatum, ...]

    def operations(self, namespace: str) -> Mapping[str, Operation]:
        """Every operation of a namespace, by name."""
        return {
            op.name: op
            for interface in self.interfaces.values()
            if interface.namespace == namespace
            for op in interface.operations
        }


@dataclass(frozen=True, slots=True)
class ServiceOperation:
    """One operation as a service has it."""

    operation: Operation
    required: tuple[str, ...]
    optional: tuple[str, ...]
    virtual: tuple[str, ...]
    simulated: bool
    handled: tuple[str, ...]
    list_modes: tuple[str, ...]

    @property
    def accepted(self) -> tuple[str, ...]:
        """Every pair it takes, virtual ones included."""
        return (*self.required, *self.optional, *self.virtual)


@dataclass(frozen=True, slots=True)
class Namespace:
    """The service level or the storage level of a service."""

    name: str
    interfaces: tuple[Interface, ...]
    features: tuple[Feature, ...]
    new_required: tuple[str, ...]
    new_optional: tuple[str, ...]
    operations: tuple[ServiceOperation, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A vendor call, and the pairs that appear in it under the vendor's name."""

    name: str
    operations: tuple[str, ...]
    bindings: Mapping[str, Binding]


@dataclass(frozen=True, slots=True)
class Response:
    """A vendor answer, and where the metadata are in it: field -> (vendor name, decoder)."""

    name: str
    fields: Mapping[str, Binding]
    system: Mapping[str, Binding]


@dataclass(frozen=True, slots=True)
class ProfileSpec:
    """A provider reached through the service's protocol."""

    name: str
    description: str
    defaults: Mapping[str, Any]
    everywhere: tuple[str, ...]
    """Pairs that every operation refuses which otherwise takes them."""
    unsupported: Mapping[str, tuple[str, ...]]
    """Operation -> further pairs that it refuses."""
    lacks: tuple[str, ...]
    limits: Mapping[str, Any]
    level: str


@dataclass(frozen=True, slots=True)
class Service:
    """One service, from its service.toml."""

    name: str
    title: str
    description: str
    planned: bool
    spec: str
    """The spec's path as banners show it."""
    namespaces: Mapping[str, Namespace]
    pairs: Mapping[str, Pair]
    """The service's own pairs."""
    object_meta: tuple[Metadatum, ...]
    storage_meta: tuple[Metadatum, ...]
    limits: Mapping[str, Any]
    calls: tuple[Call, ...]
    responses: tuple[Response, ...]
    profiles: tuple[ProfileSpec, ...]
    extra: str
    """The extra that installs the vendor's SDK, or empty."""

    @property
    def prefix(self) -> str:
        """How the service's classes begin: ``S3``, ``Memory``."""
        return "".join(word.capitalize() for word in self.name.split("_"))
