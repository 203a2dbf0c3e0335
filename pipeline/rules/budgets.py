"""What each service may cost and be asked for on a day, and which day a moment belongs to. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

_UTC = "UTC"
# Google counts its daily quotas from midnight Pacific time.
_ZONES = {"google_search": "America/Los_Angeles"}
_LONGEST_WAIT = timedelta(minutes=10)  # nobody sleeps until tomorrow: what is due is found again by the sweep


@dataclass(frozen=True, slots=True)
class DailyLimits:
    """By service: what one workspace may spend, what it may ask for, and what the installation's one key may be
    asked for by all workspaces together."""

    cents: dict[str, Decimal]
    requests: dict[str, int]
    shared_requests: dict[str, int]


def quota_day(service: str, wall: datetime) -> date:
    """The day on which `service` counts this moment of real time."""
    return wall.astimezone(_zone(service)).date()


def wait_until_reset(service: str, wall: datetime) -> timedelta:
    """Until the service counts anew, but never long."""
    zone = _zone(service)
    tomorrow = quota_day(service, wall) + timedelta(days=1)
    return min(_LONGEST_WAIT, datetime.combine(tomorrow, time(), zone) - wall)


def parse_limits(text: str) -> dict[str, Decimal]:
    """`service=number,…`. Raises ValueError with a sentence."""
    limits: dict[str, Decimal] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        service, _, amount = part.partition("=")
        try:
            limit = Decimal(amount.strip())
        except InvalidOperation:
            raise ValueError(f"{part!r} is not `service=number`") from None
        if not service.strip() or not limit.is_finite() or limit < 0:
            raise ValueError(f"{part!r} is not `service=number`")
        limits[service.strip()] = limit
    return limits


def _zone(service: str) -> ZoneInfo:
    return ZoneInfo(_ZONES.get(service, _UTC))
