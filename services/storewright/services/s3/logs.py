"""What boto3 logs, without the secrets: at level DEBUG it tells every header that it sends."""

from __future__ import annotations

import logging
import re
from typing import Final, final

from typing_extensions import override

__all__ = ["redact"]

_LOGGERS: Final = (
    "botocore.auth",
    "botocore.awsrequest",
    "botocore.endpoint",
    "botocore.hooks",
    "botocore.httpsession",
    "botocore.parsers",
    "urllib3.connectionpool",
)
_SECRETS: Final = re.compile(
    r"""(
        (?: server-side-encryption-customer-key | x-amz-security-token
          | SSECustomerKey | ExternalId | SessionToken | SecretAccessKey )
        ['"]? \s* [:=>] \s* b? ['"]?
    )
    [^'"&<,\s\\]+""",
    re.IGNORECASE | re.VERBOSE,
)
"""The name of a secret in a header, a query, a parameter or an element, and the text after it."""


@final
class _Redaction(logging.Filter):
    """Lets every record pass, with stars for secrets. It is asked only where a level is enabled."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        shown = _SECRETS.sub(r"\1***", text)
        if shown != text:
            record.msg, record.args = shown, ()
        return True


_REDACTION: Final = _Redaction()


def redact() -> None:
    """Keep secrets out of boto3's logs, whoever listens to them. Idempotent."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_REDACTION)
