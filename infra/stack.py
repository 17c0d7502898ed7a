"""What every service's component is told: typed, checked, before anything is created."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pulumi

from infra import images
from infra.errors import ConfigInvalid

# A stack's name becomes part of names in every provider.
NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,22}[a-z0-9])?")
WORKERS = range(1, 101)
LONGEST = timedelta(days=14)  # what Dataproc takes for its own deadline; nobody's workshop is longer
KINDS = tuple(images.IMAGES)
REGIONLESS = frozenset({"openstack"})  # the login names it there: clouds.yaml, OS_REGION_NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A stack's configuration; ``name`` is the stack's, and the cloud's that the launcher knows."""

    name: str
    kind: str
    until: datetime  # UTC
    ssh_source: tuple[str, ...]
    region: str
    workers: int
    idle: timedelta
    parallel: int
    image: images.Image
    python: str
    leader_type: str
    worker_type: str
    spot: bool
    days_kept: int
    wheelhouse: str
    tags: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def prefix(self) -> str:
        """What the names of the stack's resources begin with."""
        return f"firesteel-{self.name}"

    @property
    def expires_at(self) -> str:
        """When the cluster ends: ISO 8601, UTC."""
        return self.until.strftime("%Y-%m-%dT%H:%M:%SZ")


def read(config: pulumi.Config, name: str, *, now: datetime | None = None) -> Stack:
    """Give the checked configuration; raises ConfigInvalid, with the key and what it may be."""
    now = now or datetime.now(UTC)
    kind, region = config.require("kind"), config.get("region") or ""
    if not NAME.fullmatch(name):
        raise ConfigInvalid("stack", f"{name!r} is no name for a stack", "a-z, 0-9, -, at most 24, a letter first")
    if kind not in KINDS:
        raise ConfigInvalid("kind", f"{kind!r} is no service that is known here", f"one of {', '.join(KINDS)}")
    if not region and kind not in REGIONLESS:
        raise ConfigInvalid("region", "it is not set", "eu-central-1, for instance")
    until = _until(config.require("until"), now)
    image, warning = images.checked(kind, config.get("image") or "", now.date())
    if warning:
        pulumi.log.warn(warning)
    return Stack(
        name=name,
        kind=kind,
        until=until,
        ssh_source=_sources(config.require("ssh_source")),
        region=region,
        workers=_count(config, "workers", 2, WORKERS),
        idle=timedelta(minutes=_count(config, "idle_minutes", 60, range(5, 7 * 24 * 60 + 1))),
        parallel=_count(config, "parallel", 3, range(1, 257)),
        image=image,
        python=config.get("python") or image.python,
        leader_type=config.get("leader_type") or "",
        worker_type=config.get("worker_type") or "",
        spot=config.get_bool("spot") or False,
        days_kept=_count(config, "days_kept", 30, range(1, 366)),
        wheelhouse=(config.get("wheelhouse") or "").strip("/"),
        tags={"firesteel:stack": name, "firesteel:expires-at": until.strftime("%Y-%m-%dT%H:%M:%SZ")},
    )


def _until(text: str, now: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigInvalid("until", f"{text!r} is no time", "2026-11-25T17:00:00+01:00, for instance") from None
    if found.tzinfo is None:
        raise ConfigInvalid("until", f"{text!r} has no offset from UTC", f"{text}+00:00, or Z, or another") from None
    if found <= now:
        raise ConfigInvalid("until", f"{text} has passed", "a later time; launcher extend moves it")
    if found - now > LONGEST:
        raise ConfigInvalid("until", f"{text} is more than {LONGEST.days} days away", "an earlier time")
    return found.astimezone(UTC).replace(microsecond=0)


def _sources(text: str) -> tuple[str, ...]:
    instead = "your own address and /32, or your campus's block"
    found: list[str] = []
    for word in filter(None, (word.strip() for word in text.split(","))):
        try:
            block = ipaddress.ip_network(word)
        except ValueError as error:
            raise ConfigInvalid("ssh_source", f"{word!r} is no CIDR block ({error})", instead) from None
        if block.version != 4:  # noqa: PLR2004 -- the networks that we make have no IPv6
            raise ConfigInvalid("ssh_source", f"{word} is IPv6, which the stacks' networks do not have", instead)
        if block.prefixlen < 8:  # noqa: PLR2004 -- more than a sixteenth million of addresses is nobody's own
            raise ConfigInvalid("ssh_source", f"{word} lets the whole internet in", instead)
        found.append(str(block))
    if not found:
        raise ConfigInvalid("ssh_source", "it names nobody", instead)
    return tuple(found)


def _count(config: pulumi.Config, key: str, usual: int, allowed: range) -> int:
    text = config.get(key)
    try:
        number = usual if text is None else int(text)
    except ValueError:
        raise ConfigInvalid(key, f"{text!r} is no whole number", f"{usual}, for instance") from None
    if number not in allowed:
        raise ConfigInvalid(key, f"{number} is out of range", f"{allowed.start} to {allowed.stop - 1}")
    return number
