"""The type vocabulary of specs, and what each type is in Python."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

__all__ = ["FIELD_TYPES", "PAIR_TYPES", "RESULTS", "PairType", "Result"]


@dataclass(frozen=True, slots=True)
class PairType:
    """A type that a pair can have."""

    annotation: str
    """What a caller may pass."""
    stored: str
    """What an adapter finds in its options."""
    check: str
    """Name of the checking function."""


PAIR_TYPES: Final = MappingProxyType(
    {
        "any": PairType("Any", "Any", "as_any"),
        "bool": PairType("bool", "bool", "as_bool"),
        "bytes": PairType("bytes", "bytes", "as_bytes"),
        "callback": PairType("Callback", "Callback", "as_callback"),
        "credential": PairType("str | Credential", "Credential", "as_credential"),
        "duration": PairType("float | timedelta", "float", "as_duration"),
        "endpoint": PairType("str | Endpoint", "Endpoint", "as_endpoint"),
        "float": PairType("float", "float", "as_float"),
        "int": PairType("int", "int", "as_int"),
        "interceptor": PairType("Interceptor", "Interceptor", "as_interceptor"),
        "list_mode": PairType("int", "int", "as_list_mode"),
        "object_func": PairType("ObjectFunc", "ObjectFunc", "as_object_func"),
        "object_mode": PairType("int", "int", "as_object_mode"),
        "size": PairType("int", "int", "as_size"),
        "string": PairType("str", "str", "as_string"),
        "string_map": PairType("Mapping[str, str]", "dict[str, str]", "as_string_map"),
        "strings": PairType("Sequence[str]", "Sequence[str]", "as_strings"),
        "time": PairType("datetime", "datetime", "as_time"),
    }
)

FIELD_TYPES: Final = MappingProxyType(
    {
        "data": "Data",
        "duration": "float | timedelta",
        "int": "int",
        "object": "Object",
        "parts": "Sequence[Part]",
        "path": "str",
        "paths": "Iterable[str]",
        "segment": "Segment",
        "string": "str",
        "strings": "Sequence[str]",
        "writer": "SupportsWrite",
    }
)


@dataclass(frozen=True, slots=True)
class Result:
    """What an operation returns."""

    public: str
    """Annotation of the public method."""
    adapter: str
    """Annotation of the adapter's method."""


RESULTS: Final = MappingProxyType(
    {
        "none": Result("None", "None"),
        "int": Result("int", "int"),
        "count": Result("int", "int"),
        "bytes": Result("bytes", "bytes"),
        "object": Result("Object", "Object"),
        "part": Result("Part", "Part"),
        "block": Result("Block", "Block"),
        "segment": Result("Segment", "Segment"),
        "storager": Result("Storager", "Storager"),
        "storage_meta": Result("StorageMeta", "StorageMeta"),
        "string": Result("str", "str"),
        "signed_request": Result("SignedRequest", "SignedRequest"),
        "writer": Result("Writer", "Sink"),
    }
)
