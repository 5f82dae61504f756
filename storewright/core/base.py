"""The machinery that every generated class shares: options, features, errors, pickling."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self, TypeAlias, TypeVar

from storewright.core.absent import Absent
from storewright.core.compose import compose
from storewright.core.construct import (
    barred_pairs,
    check_class,
    default_pairs,
    merge_features,
    pickled,
    reopen,
    require,
    take_new,
)
from storewright.core.data import known_length
from storewright.core.errors import (
    ListModeInvalid,
    ObjectModeInvalid,
    OperationUnsupported,
    PairConflict,
    PairTypeInvalid,
    PairUnsupported,
    PairValueInvalid,
    RestrictionDissatisfied,
    StorageError,
    Unexpected,
)
from storewright.core.interceptors import Call, Finish, Interceptor, wrap
from storewright.core.iterators import Page, PageIterator
from storewright.core.log import warn
from storewright.core.options import Options
from storewright.core.pairs import Pair, PairSpec
from storewright.core.paths import WorkDir
from storewright.core.profile import Profile
from storewright.core.record import Record, field_names, replace
from storewright.core.redact import MASK

if TYPE_CHECKING:
    from storewright.core.sink import Sink
    from storewright.core.writer import Writer

__all__ = ["Base", "Mixins"]

T = TypeVar("T")
Mixins: TypeAlias = tuple[tuple[str, type, tuple[tuple[str, ...], ...]], ...]
"""Interface name, its class, and for each simulated operation the features that allow it."""
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Base:
    """What services and storages have in common. Generated classes derive from it."""

    service: ClassVar[str] = ""
    """The service's type, as in connection strings."""

    # Filled in by generated classes, from the specs.
    _new: ClassVar[type[Options]] = Options
    _features_class: ClassVar[type[Record]] = Record
    _default_pairs_class: ClassVar[type[Record]] = Record
    _defaultable: ClassVar[frozenset[str]] = frozenset()
    _options: ClassVar[Mapping[str, type[Options]]] = _NOTHING
    _virtual_pairs: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = _NOTHING
    _simulated: ClassVar[Mapping[str, tuple[str, ...]]] = _NOTHING
    _list_modes: ClassVar[tuple[int, ...]] = ()
    _declared_limits: ClassVar[Any] = None
    _operations: ClassVar[frozenset[str]] = frozenset()
    _profiles: ClassVar[Mapping[str, Profile]] = _NOTHING

    # Filled in by adapters: vendor exception classes, never built-ins, so that an error of the
    # user's own callback passes through unchanged.
    _vendor_errors: ClassVar[tuple[type[Exception], ...]] = ()

    # A file may have a name that is no text; what goes over the wire in UTF-8 may not.
    _unicode_paths: ClassVar[bool] = True

    _declared: ClassVar[type | None] = None
    _lacking: frozenset[str] = frozenset()
    features: Any

    # ------------------------------------------------------------------------------ construction

    def _construct(
        self,
        options: Any,
        pairs: tuple[Pair, ...],
        extra: dict[str, Any],
        features: Callable[[], Any],
        limits: Any,
    ) -> None:
        """Merge what the constructor was given, check it, and connect."""
        if pairs:
            take_new(self.service, options, extra, pairs)
        self._config = dict(options.given()) | {k: v for k, v in extra.items() if v is not None}
        self._profile = self._find_profile(getattr(options, "profile", None))
        for name, value in self._profile.defaults.items():
            if getattr(options, name) is None:
                setattr(options, name, options.PAIRS[name].check(value))
        require(self.service, "open", options)
        self._check_bulk(extra)
        given = extra.get("storage_features") or extra.get("service_features") or features()
        self.features = merge_features(given, extra)
        self._limits = replace(limits, **self._profile.limits)
        self._prepare(extra)
        self._work_dir = WorkDir(
            getattr(options, "work_dir", None) or "/", unicode=self._unicode_paths
        )
        self._connect(options)
        if getattr(options, "interceptor", None) is not None:
            self._intercept(options.interceptor)

    def _check_bulk(self, extra: Mapping[str, Any]) -> None:
        """Refuse features and default pairs that are another service's, or none at all."""
        for name, value in extra.items():
            if name.endswith("_features"):
                check_class(name, value, self._features_class)
            elif name.endswith("_pairs"):
                check_class(name, value, self._default_pairs_class)

    def _compose(self, mixins: Mixins) -> None:
        """Take on the interfaces that the features and the profile allow. The class is honest."""
        if self._profile.lacks:
            self._do_without(tuple(entry for entry in mixins if entry[0] in self._profile.lacks))
        chosen = tuple(
            mixin
            for name, mixin, operations in mixins
            if name not in self._profile.lacks
            and all(any(getattr(self.features, gate) for gate in gates) for gates in operations)
        )
        if chosen:
            object.__setattr__(self, "__class__", compose(type(self), chosen))

    def _do_without(self, lacking: Mixins) -> None:
        """Leave out interfaces that the profile lacks, and features that are only theirs."""
        self._lacking = frozenset(op for _, mixin, _ in lacking for op in vars(mixin))
        gates = {gate for *_, operations in lacking for gates in operations for gate in gates}
        features = (gate for gate in gates if not gate.startswith("virtual_operation_"))
        self.features = replace(self.features, **dict.fromkeys(features, False))

    def _find_profile(self, name: str | None) -> Profile:
        if name is None:
            return Profile("")
        if name not in self._profiles:
            known = ", ".join(sorted(self._profiles)) or "none"
            message = f"no profile {name!r}; known are: {known}"
            raise PairValueInvalid(message, pair="profile", op="open", service=self.service)
        return self._profiles[name]

    def _prepare(self, extra: Mapping[str, Any]) -> None:
        """Work out once what each call would have to ask the features, profile and defaults."""
        features, unsupported = self.features, self._profile.unsupported
        self._loose = frozenset(
            op
            for op in self._options
            if features.loose_operation_all or getattr(features, f"loose_operation_{op}", False)
        )
        self._barred = barred_pairs(self._virtual_pairs, unsupported, features)
        per_pair = {
            key.removeprefix("default_"): value
            for key, value in extra.items()
            if key.startswith("default_") and not key.endswith("_pairs") and value is not None
        }
        per_operation = extra.get("default_storage_pairs") or extra.get("default_service_pairs")
        self._defaults = default_pairs(
            self._options, per_operation, per_pair, self._barred, self._refuse
        )
        self._adjusted = frozenset(self._barred) | frozenset(self._defaults)

    def _connect(self, options: Any) -> None:
        """Adapters build their client here; ``options`` are merged and checked."""

    @classmethod
    def construction(cls) -> Mapping[str, PairSpec]:
        """What the constructor takes, by name."""
        return cls._new.PAIRS

    @classmethod
    def defaultable(cls) -> Mapping[str, PairSpec]:
        """The pairs that may be given as ``default_<pair>``, by name."""
        every = {name: spec for op in cls._options.values() for name, spec in op.PAIRS.items()}
        return {name: every[name] for name in sorted(cls._defaultable)}

    @classmethod
    def settings(cls) -> Mapping[str, PairSpec]:
        """What the constructor takes, and its ``default_<pair>`` keywords, by name."""
        defaults = {f"default_{name}": spec for name, spec in cls.defaultable().items()}
        return {**cls.construction(), **defaults}

    @classmethod
    def required(cls, op: str = "") -> tuple[str, ...]:
        """The pairs that an operation, or else the constructor, cannot do without."""
        return cls._options[op].REQUIRED if op else cls._new.REQUIRED

    @classmethod
    def default_pairs(cls, **pairs: tuple[Pair, ...]) -> Any:
        """Default pairs by operation, as the constructor takes them."""
        return cls._default_pairs_class(**pairs)

    @classmethod
    def default_features(cls) -> Any:
        """The features of a store whose user switched nothing on."""
        return cls._features_class()

    @classmethod
    def feature_names(cls) -> tuple[str, ...]:
        """What ``enable_<feature>`` may name."""
        return field_names(cls._features_class)

    @classmethod
    def options_of(cls, op: str) -> Mapping[str, PairSpec]:
        """The pairs that an operation takes on this service, by name."""
        return cls._options[op].PAIRS

    @classmethod
    def operations(cls) -> tuple[str, ...]:
        """Names of the operations that the class has, or has with a feature on; sorted."""
        return tuple(sorted(cls._operations | cls._options.keys()))

    @classmethod
    def simulated(cls) -> Mapping[str, tuple[str, ...]]:
        """The operations that need a feature, each with the features any of which is enough."""
        return cls._simulated

    @classmethod
    def virtual_pairs(cls, op: str) -> Mapping[str, tuple[str, ...]]:
        """The pairs of an operation that need a feature, and the features that are enough."""
        return cls._virtual_pairs.get(op, _NOTHING)

    @classmethod
    def list_modes(cls) -> tuple[int, ...]:
        """The modes in which the service lists, the default first."""
        return cls._list_modes

    @classmethod
    def limits(cls) -> Any:
        """What the service allows, as ``metadata().limits`` unless a profile differs."""
        return cls._declared_limits

    @classmethod
    def profiles(cls) -> Mapping[str, Profile]:
        """The providers that are reached through the service's protocol, by name."""
        return cls._profiles

    @classmethod
    def interfaces(cls) -> tuple[str, ...]:
        """Names of the capability interfaces that the class has, sorted."""
        return tuple(
            sorted({b.__dict__["INTERFACE"] for b in cls.__mro__ if "INTERFACE" in b.__dict__})
        )

    # ---------------------------------------------------------------------------- options of calls

    def _take(self, op: str, options: Any, pairs: tuple[Pair, ...]) -> None:
        """Put pairs into the options: the first of a name wins, a keyword excludes it."""
        accepted = options.PAIRS
        taken: list[str] = []
        for pair in pairs:
            try:
                name = pair.name
                spec = accepted.get(name)
            except AttributeError:
                self._not_a_pair(op, pair)
            if spec is None or pair.service != spec.service:
                self._refuse(op, name, pair.security)
            elif getattr(options, name) is None:
                value = pair.value
                if value is not pair.checked_value or spec is not pair.checked_by:
                    value = spec.check(value)
                setattr(options, name, value)
                taken.append(name)
            elif name not in taken:
                message = f"pair {name!r} is given as keyword and as pair"
                raise PairConflict(message, pair=name, op=op, service=self.service)

    def _not_a_pair(self, op: str, value: object) -> NoReturn:
        message = f"expected a Pair, got {type(value).__name__}"
        hint = "options are keywords: size=…"
        raise PairTypeInvalid(message, op=op, service=self.service, hint=hint)

    def _adjust(self, op: str, options: Any) -> None:
        """Fill in defaults, then refuse what the store's features or profile do not allow."""
        for name, value in self._defaults.get(op, ()):
            if getattr(options, name) is None:
                setattr(options, name, value)
        for name in self._barred.get(op, ()):
            if getattr(options, name) is not None:
                self._refuse(op, name, options.PAIRS[name].security)
                setattr(options, name, None)

    def _refuse(self, op: str, name: str, security: bool = False) -> None:
        """Raise PairUnsupported, or log once per call where the user made the operation loose."""
        hint = self._hint(op, name)
        message = f"pair {name!r} is not supported"
        if security or op not in self._loose:
            raise PairUnsupported(message, pair=name, op=op, service=self.service, hint=hint)
        warn("%s: %s: %s, ignored", op, self.service, message)

    def _hint(self, op: str, name: str) -> str:
        if name in self._profile.unsupported.get(op, ()):
            return f"the profile {self._profile.name!r} rules it out"
        gates = self._virtual_pairs.get(op, {}).get(name)
        return f"enable it with StorageFeatures({gates[-1]}=True)" if gates else ""

    def _require(self, op: str, options: Options) -> None:
        require(self.service, op, options)

    # ---------------------------------------------------------------------------------- checks

    def _check_mode(self, op: str, path: str, expected: int, actual: int) -> NoReturn:
        """Say that an object of another mode was handed in."""
        raise ObjectModeInvalid(
            expected=expected, actual=actual, op=op, service=self.service, path=path
        )

    def _virtual_mode(self, op: str, feature: str) -> None:
        """Refuse an object_mode whose feature is off."""
        lacking = any(feature in self._simulated.get(gone, ()) for gone in self._lacking)
        ruled_out = f"profile {self._profile.name!r} rules it out"
        hint = ruled_out if lacking else f"enable it with enable_{feature}=True"
        message = "pair 'object_mode' is not supported for this mode"
        raise PairUnsupported(message, pair="object_mode", op=op, service=self.service, hint=hint)

    def _bad_list_mode(self, known: str) -> NoReturn:
        message = f"this service lists in the modes {known}"
        raise ListModeInvalid(message, op="list", service=self.service)

    def _check_size(
        self, op: str, path: str, data: object, size: int | None, maximum: int | None
    ) -> None:
        """Raise RestrictionDissatisfied if data is known to be larger than the service takes."""
        if maximum is None:
            return
        length = size if size is not None else known_length(data)
        if length is not None and length > maximum:
            message = f"{length} bytes are more than the {maximum} that one call may carry"
            hint = "use open_writer, which splits the data" if op == "write" else ""
            raise RestrictionDissatisfied(
                message, op=op, service=self.service, path=path, hint=hint
            )

    def _check_index(self, op: str, path: str, index: int, maximum: int | None) -> None:
        """Raise RestrictionDissatisfied for a part index that no part can have."""
        if index < 0 or (maximum is not None and index >= maximum):
            last = "" if maximum is None else f" to {maximum - 1}"
            message = f"part index {index} is not in the range 0{last}"
            raise RestrictionDissatisfied(message, op=op, service=self.service, path=path)

    # ---------------------------------------------------------------------------------- errors

    def _map_error(self, error: Exception, op: str, path: str) -> StorageError:
        """Turn a vendor error into one of ours. Adapters override this."""
        return Unexpected(str(error) or type(error).__name__)

    def _mapped(self, error: Exception, op: str, path: str) -> StorageError:
        mapped = error if isinstance(error, StorageError) else self._map_error(error, op, path)
        return mapped.at(op, self.service, path)

    def _mapped_if_vendor(self, error: BaseException, op: str, path: str) -> BaseException:
        if isinstance(error, self._vendor_errors):
            return self._mapped(error, op, path)
        return error

    def _unsupported(self, op: str) -> OperationUnsupported:
        """The error for an operation that this store does not have."""
        gates = self._simulated.get(op) if op not in self._lacking else None
        return OperationUnsupported(op, self.service, gates[-1] if gates else "")

    def __dir__(self) -> list[str]:
        classes = type(self).__mro__
        found = (
            (n, next((c.__dict__[n] for c in classes if n in c.__dict__), None))
            for n in super().__dir__()
        )
        return [name for name, value in found if not isinstance(value, Absent)]

    # ------------------------------------------------------------------------- objects, writers

    def _id(self, path: str) -> str:
        """The unique key of a path. File systems override this."""
        return self._work_dir.key(path)

    def _start_writer(self, path: str, sink: Sink, options: Any) -> Writer:
        """The writer over an adapter's sink, with the options of open_writer."""
        from storewright.core.writer import Writer

        return Writer(
            sink,
            path=path,
            service=self.service,
            part_size=options.part_size,
            concurrency=options.concurrency,
            max_memory=options.max_memory,
            size_hint=options.size_hint,
            encoding=options.encoding,
            compression=options.compression,
            io_callback=options.io_callback,
            timeout=options.timeout,
            resume=getattr(options, "resume", None),  # where uploads outlive a process
            map_error=lambda error: self._mapped_if_vendor(error, "open_writer", path),
        )

    # -------------------------------------------------------------------------------- listings

    def _iterate(
        self,
        op: str,
        path: str,
        fetch: Callable[[str | None], Page[T]],
        key: Callable[[T], str],
        limit: int | None,
        token: str | None,
    ) -> PageIterator[T]:
        """An iterator over ``fetch``'s pages, with vendor errors mapped on every page."""

        def fetch_mapped(token: str | None) -> Page[T]:
            try:
                return fetch(token)
            except self._vendor_errors as error:
                raise self._mapped(error, op, path) from error
            except StorageError as error:
                error.at(op, self.service, path)
                raise

        return PageIterator(
            fetch_mapped,
            key=key,
            limit=limit,
            token=token,
            op=op,
            service=self.service,
            path=path,
        )

    # ----------------------------------------------------------------------------- interception

    def _intercept(self, interceptor: Interceptor) -> None:
        """Shadow the private methods, so that a store without interceptor pays nothing."""
        for op in self._operations:
            method = getattr(self, f"_{op}", None)
            if method is not None:
                setattr(self, f"_{op}", self._intercepted(op, method, interceptor))

    def _intercepted(
        self, op: str, method: Callable[..., Any], interceptor: Interceptor
    ) -> Callable[..., Any]:
        def begin(subject: object) -> Finish | None:
            return interceptor(Call(op, self.service, _path_of(subject)))

        def mapped(error: BaseException, subject: object) -> BaseException:
            return self._mapped_if_vendor(error, op, _path_of(subject))

        return wrap(method, begin, mapped)

    # --------------------------------------------------------------------------------- identity

    def __repr__(self) -> str:
        specs = self.settings()
        shown = (
            f"{name}={MASK if name in specs and specs[name].secret else repr(value)}"
            for name, value in self._config.items()
        )
        return f"{type(self).__name__}({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        config, secrets = pickled(self.settings(), self._config)
        return reopen, (self._declared or type(self), config, secrets)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back connections. The store opens new ones if it is used again."""


def _path_of(subject: object) -> str:
    return subject if isinstance(subject, str) else str(getattr(subject, "path", ""))
