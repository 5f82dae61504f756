"""Errors: one tree under :class:`StorageError`, each with the built-in parent users expect.

.. code-block:: text

    StorageError(OSError)                code, retryable, op, service, path, http_status, request_id
    ├── ObjectNotExist                   FileNotFoundError    nothing is stored at the path
    ├── ObjectExists                     FileExistsError      something is, and must not be
    ├── ObjectModeInvalid                                     the object is of another kind
    ├── PermissionDenied                 PermissionError      the service refused the caller
    ├── CredentialInvalid                PermissionError      the credential is wrong or malformed
    ├── ListModeInvalid                  ValueError           the service cannot list that way
    ├── PairError                                             about one option, named by .pair
    │   ├── PairUnsupported              TypeError            the service lacks the option
    │   ├── PairRequired                 TypeError            a mandatory option is missing
    │   ├── PairTypeInvalid              TypeError            its value has the wrong type
    │   ├── PairValueInvalid             ValueError           its value is out of range or malformed
    │   └── PairConflict                 TypeError            given twice, or excludes another one
    ├── RestrictionDissatisfied          ValueError           a limit of the service is violated
    ├── PathInvalid                      ValueError           the path is malformed or outside
    ├── ConditionFailed                                       if_match and the like did not hold
    ├── IntegrityFailed                                       a checksum differs
    ├── SizeMismatch                     EOFError             fewer bytes than announced
    ├── RequestThrottled      retryable                       slow down
    ├── ServiceInternal       retryable                       the service failed
    ├── ConnectionFailed      retryable  ConnectionError      the service was not reached
    ├── OperationTimeout      retryable  TimeoutError         the time allowed ran out
    ├── StorageFull                                           no space or quota left
    ├── ServiceNotRegistered             LookupError          no adapter of that name
    ├── ConnectionStringInvalid          ValueError           the connection string is malformed
    ├── WriterAborted                                         the writer was aborted before
    ├── BatchFailed                                           some of several failed: .failures
    └── Unexpected                                            not classified
    OperationUnsupported                 AttributeError, NotImplementedError
    MissingExtra                         ImportError

The last two stand outside: the layouts of OSError and of AttributeError or ImportError cannot be
combined. Nothing here prints a secret: messages are redacted when the error is built.
"""

import errno as errnos
from collections.abc import Mapping
from typing import Any, ClassVar, Self, TypedDict, Unpack

from storewright.core.modes import OBJECT_MODES, mode_names
from storewright.core.redact import redact

__all__ = [
    "BatchFailed",
    "ConditionFailed",
    "ConnectionFailed",
    "ConnectionStringInvalid",
    "CredentialInvalid",
    "ErrorContext",
    "IntegrityFailed",
    "ListModeInvalid",
    "MissingExtra",
    "ObjectExists",
    "ObjectModeInvalid",
    "ObjectNotExist",
    "OperationTimeout",
    "OperationUnsupported",
    "PairConflict",
    "PairError",
    "PairRequired",
    "PairTypeInvalid",
    "PairUnsupported",
    "PairValueInvalid",
    "PathInvalid",
    "PermissionDenied",
    "RequestThrottled",
    "RestrictionDissatisfied",
    "ServiceInternal",
    "ServiceNotRegistered",
    "SizeMismatch",
    "StorageError",
    "StorageFull",
    "Unexpected",
    "WriterAborted",
    "redact",
]


class ErrorContext(TypedDict, total=False):
    """Keyword arguments that every :class:`StorageError` accepts."""

    op: str
    service: str
    path: str
    code: str
    errno: int | None
    http_status: int | None
    request_id: str
    retryable: bool | None
    hint: str


class StorageError(OSError):
    """Base of every error of a storage operation.

    ``str(error)`` is one line: ``op: service: path: message (hint)``, empty pieces left out.
    The vendor's own exception, if there is one, is ``__cause__``.
    """

    code: str = "storage_error"
    """Stable snake_case name of the kind of error."""
    default_errno: ClassVar[int] = errnos.EIO
    """``errno`` of errors of this kind that were not given their own."""
    retryable: bool = False
    """Whether the same call may succeed when it is repeated later."""

    op: str
    """The operation that failed (``"write"``), or empty."""
    service: str
    """The service's name (``"s3"``), or empty."""
    path: str
    """The path as the user gave it, or empty. ``filename`` is the same, or None."""
    http_status: int | None
    """Status of the service's answer, or None when there was none."""
    request_id: str
    """The service's id of the failed request, for its support, or empty."""
    message: str
    hint: str

    def __init__(
        self,
        message: str,
        *,
        op: str = "",
        service: str = "",
        path: str = "",
        code: str = "",
        errno: int | None = None,
        http_status: int | None = None,
        request_id: str = "",
        retryable: bool | None = None,
        hint: str = "",
    ) -> None:
        self.message, self.hint = _one_line(message), _one_line(hint)
        self.op, self.service, self.path = op, service, path
        self.http_status, self.request_id = http_status, request_id
        if code:
            self.code = code
        if retryable is not None:
            self.retryable = retryable
        super().__init__(self.default_errno if errno is None else errno, self.message, path or None)

    def at(self, op: str = "", service: str = "", path: str = "") -> Self:
        """Fill in where the error happened, as far as it does not say so yet; returns itself."""
        self.op = self.op or op
        self.service = self.service or service
        self.path = self.path or path
        self.filename = self.path or None
        return self

    def __str__(self) -> str:
        pieces = (self.op, self.service, _printable(str(self.path)), self.message)
        hint = f" ({self.hint})" if self.hint else ""
        return ": ".join(piece for piece in pieces if piece) + hint

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.errno, self.__dict__.copy())


def _restore(kind: type[StorageError], errno: int, state: dict[str, Any]) -> StorageError:
    """Rebuild an error without its constructor, which differs between subclasses."""
    error = kind.__new__(kind)
    error.__dict__.update(state)
    OSError.__init__(error, errno, error.message, error.path or None)
    return error


_LONGEST = 2000  # characters; some services answer with a whole web page


def _one_line(text: str) -> str:
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + "..."
    text = redact(text)
    return text if text.isprintable() else _printable(" ".join(text.split()))


def _printable(text: str) -> str:
    """``text`` with control characters and lone surrogates escaped, fit for a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class ObjectNotExist(StorageError, FileNotFoundError):
    """Nothing is stored at the path."""

    code = "object_not_exist"
    default_errno = errnos.ENOENT


class ObjectExists(StorageError, FileExistsError):
    """Something is stored at the path and must not be overwritten."""

    code = "object_exists"
    default_errno = errnos.EEXIST


class ObjectModeInvalid(StorageError):
    """The object is of another kind than the operation needs, for example a directory."""

    code = "object_mode_invalid"
    default_errno = errnos.EINVAL
    expected: int
    """Mode bits the operation needs."""
    actual: int
    """Mode bits the object has."""

    def __init__(
        self, message: str = "", *, expected: int, actual: int, **context: Unpack[ErrorContext]
    ) -> None:
        self.expected, self.actual = expected, actual
        wanted, found = mode_names(expected, OBJECT_MODES), mode_names(actual, OBJECT_MODES)
        super().__init__(message or f"object mode is {found}, expected {wanted}", **context)


class PermissionDenied(StorageError, PermissionError):
    """The service refused what the caller asked for."""

    code = "permission_denied"
    default_errno = errnos.EACCES


class CredentialInvalid(StorageError, PermissionError):
    """The credential is malformed, incomplete, or not accepted by the service."""

    code = "credential_invalid"
    default_errno = errnos.EACCES


class ListModeInvalid(StorageError, ValueError):
    """The service cannot list in the mode asked for."""

    code = "list_mode_invalid"
    default_errno = errnos.EINVAL


class PairError(StorageError):
    """Something is wrong with one option; ``pair`` is its name."""

    code = "pair_error"
    default_errno = errnos.EINVAL
    pair: str

    def __init__(self, message: str, *, pair: str = "", **context: Unpack[ErrorContext]) -> None:
        self.pair = pair
        super().__init__(message, **context)


class PairUnsupported(PairError, TypeError):
    """The service cannot honour the option for this operation."""

    code = "pair_unsupported"
    default_errno = errnos.EOPNOTSUPP


class PairRequired(PairError, TypeError):
    """An option that the service demands was not given."""

    code = "pair_required"


class PairTypeInvalid(PairError, TypeError):
    """The value of an option has the wrong type."""

    code = "pair_type_invalid"


class PairValueInvalid(PairError, ValueError):
    """The value of an option has the right type but is malformed or out of range."""

    code = "pair_value_invalid"


class PairConflict(PairError, TypeError):
    """An option was given twice, or together with one it excludes."""

    code = "pair_conflict"


class RestrictionDissatisfied(StorageError, ValueError):
    """The request violates a limit of the service, for example a maximum size."""

    code = "restriction_dissatisfied"
    default_errno = errnos.EINVAL


class PathInvalid(StorageError, ValueError):
    """The path is malformed, or points outside work_dir."""

    code = "path_invalid"
    default_errno = errnos.EINVAL


class ConditionFailed(StorageError):
    """A condition of the request (``if_match``, ``if_none_match``) did not hold."""

    code = "condition_failed"
    default_errno = errnos.EBUSY


class IntegrityFailed(StorageError):
    """The bytes received or stored are not those that were sent: a checksum differs."""

    code = "integrity_failed"


class SizeMismatch(StorageError, EOFError):
    """The data ended before the announced size was reached."""

    code = "size_mismatch"


class RequestThrottled(StorageError):
    """The service asks the caller to slow down."""

    code = "request_throttled"
    default_errno = errnos.EAGAIN
    retryable = True


class ServiceInternal(StorageError):
    """The service itself failed."""

    code = "service_internal"
    retryable = True


class ConnectionFailed(StorageError, ConnectionError):
    """The service was not reached, or the connection broke."""

    code = "connection_failed"
    default_errno = errnos.ECONNABORTED
    retryable = True


class OperationTimeout(StorageError, TimeoutError):
    """The operation did not finish in the time it was allowed."""

    code = "operation_timeout"
    default_errno = errnos.ETIMEDOUT
    retryable = True


class StorageFull(StorageError):
    """No space is left, or a quota is used up."""

    code = "storage_full"
    default_errno = errnos.ENOSPC


class ServiceNotRegistered(StorageError, LookupError):
    """No service of that name is known."""

    code = "service_not_registered"
    default_errno = errnos.EPROTONOSUPPORT


class ConnectionStringInvalid(StorageError, ValueError):
    """The connection string does not follow the grammar."""

    code = "connection_string_invalid"
    default_errno = errnos.EINVAL


class WriterAborted(StorageError):
    """The writer was aborted, so it takes no more data and publishes nothing."""

    code = "writer_aborted"
    default_errno = errnos.ECANCELED


class BatchFailed(StorageError):
    """Some items of a batch failed; the others succeeded.

    ``failures`` maps each failed path to its error.
    """

    code = "batch_failed"
    failures: dict[str, StorageError]

    def __init__(
        self,
        message: str = "",
        *,
        failures: Mapping[str, StorageError],
        **context: Unpack[ErrorContext],
    ) -> None:
        self.failures = dict(failures)
        super().__init__(message or _summary(self.failures), **context)


def _summary(failures: Mapping[str, StorageError]) -> str:
    """How many failed, and the first few in full."""
    shown = [f"{_printable(path)}: {e.message}" for path, e in list(failures.items())[:3]]
    more = ["..."] if len(failures) > len(shown) else []
    return f"{len(failures)} of the batch failed: " + "; ".join(shown + more)


class Unexpected(StorageError):
    """An error that no adapter has classified; ``__cause__`` tells more."""

    code = "unexpected"


class OperationUnsupported(AttributeError, NotImplementedError):
    """The service does not have the operation, or the feature that provides it is off.

    ``feature`` names the feature that would enable it, or is empty.
    """

    code = "operation_unsupported"
    retryable = False

    def __init__(self, op: str, service: str, feature: str = "") -> None:
        self.op, self.service, self.feature = op, service, feature
        enable = (
            f" (enable it with enable_{feature} / StorageFeatures({feature}=True))"
            if feature
            else ""
        )
        super().__init__(f"{op}: {service}: operation is not supported{enable}")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.op, self.service, self.feature)


class MissingExtra(ImportError):
    """The packages that the service needs are not installed."""

    code = "missing_extra"
    retryable = False

    def __init__(self, service: str, extra: str) -> None:
        self.service, self.extra = service, extra
        super().__init__(
            f"{service}: its packages are not installed; run: pip install 'storewright[{extra}]'"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.service, self.extra)
