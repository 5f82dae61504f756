"""What boto3 would do anew in each request although its outcome is known, or simpler to have.

Nothing here changes what an answer means: it is the same request, and the same values of it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.config import Config
from botocore.handlers import add_expect_header
from botocore.utils import parse_timestamp

from storewright.core.bodies import MemoryBody

if TYPE_CHECKING:
    import botocore.session
    from types_boto3_s3 import S3Client

__all__ = ["install", "prepare", "read_time"]

_ASKED_FIRST: Final = 1024 * 1024
"""Bytes from which on it is worth a round trip to hear that they are not wanted."""
_NAMES: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS: Final = {name: number for number, name in enumerate(_NAMES, 1)}


def prepare(session: botocore.session.Session) -> None:
    """Let the session's clients read times quickly, and call themselves the same in each request.

    Reading times is more than half of what a listing costs. boto3 puts its name together twice in a
    request, a fifth of what a small one costs; only where the user's application id belongs in it
    that is left to boto3.
    """
    parsers: Any = session.get_component("response_parser_factory")
    parsers.set_parser_defaults(timestamp_parser=read_time)
    if not session.get_config_variable("user_agent_appid"):
        extra = session.user_agent_extra  # boto3 appends it
        name = f"{session.user_agent().removesuffix(extra).rstrip()} Storewright"
        session.set_default_client_config(Config(user_agent=name))


def read_time(value: Any) -> datetime:
    """The moment that an answer names: as boto3 reads it, but the usual two forms much faster."""
    try:
        if value[-1] == "Z" and value[10] == "T":  # 2026-11-21T08:15:00.000Z
            return datetime.fromisoformat(value)
        if value[-4:] == " GMT" and len(value) == 29:  # Sat, 21 Nov 2026 08:15:00 GMT
            return _read_header(value)
    except (ValueError, LookupError, TypeError):
        pass  # another form, or a number
    moment: datetime = parse_timestamp(value)
    return moment


def _read_header(text: str) -> datetime:
    """The moment in an HTTP header. The day of the week says nothing new."""
    return datetime(
        int(text[12:16]),
        _MONTHS[text[8:11]],
        int(text[5:7]),
        int(text[17:19]),
        int(text[20:22]),
        int(text[23:25]),
        tzinfo=UTC,
    )


def install(client: S3Client, *, expect: bool) -> None:
    """Ask before large content is sent whether it is wanted, or never without ``expect``."""
    events = client.meta.events
    events.unregister("before-call.s3", add_expect_header)
    if expect:
        events.register("before-call.s3", _expect)


def _expect(params: dict[str, Any], **context: Any) -> None:
    body = params.get("body")
    if not isinstance(body, MemoryBody) or len(body) >= _ASKED_FIRST:
        add_expect_header(params=params, **context)
