"""What a stack on OpenStack is told beside what all are told: an operator's own names, of which no two clouds agree."""

from dataclasses import dataclass

import pulumi

from infra.errors import ConfigInvalid
from infra.stack import Stack

ISLAND = "neither network nor external_network is set: the servers reach no storage, and nobody reaches the servers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The operator's names; an empty ``external_network`` is none, an empty ``network`` one of the stack's own."""

    server_image: str
    leader_type: str
    worker_type: str
    user: str
    public_key: str
    network: str
    external_network: str
    zone: str
    volume_gib: int
    staging: str
    region: str | None  # None: the login's


def read(stack: Stack) -> Settings:
    """Give the checked configuration; raises ConfigInvalid, with the key and what it may be."""
    config = pulumi.Config()
    if stack.spot:
        raise ConfigInvalid("spot", "OpenStack has no machines that it takes back", "false")
    network, external = config.get("network") or "", config.get("external_network") or ""
    if not network and not external:
        pulumi.log.warn(ISLAND)
    leader = _required("leader_type", stack.leader_type, "a flavour of `openstack flavor list`")
    return Settings(
        server_image=_required("server_image", config.get("server_image"), "an image of `openstack image list`"),
        leader_type=leader,
        worker_type=stack.worker_type or leader,
        user=config.get("ssh_user") or "ubuntu",
        public_key=_required("public_key", config.get("public_key"), "what is in ~/.ssh/id_ed25519.pub"),
        network=network,
        external_network=external,
        zone=config.get("zone") or "",
        volume_gib=_size(config.get("volume_gib")),
        staging=(config.get("staging") or "").rstrip("/"),
        region=stack.region or None,
    )


def _required(key: str, value: str | None, instead: str) -> str:
    if not value:
        raise ConfigInvalid(key, "it is not set", instead)
    return value


def _size(text: str | None) -> int:
    if text is not None and not text.isdecimal():
        raise ConfigInvalid("volume_gib", f"{text!r} is no whole number", "50, for instance; 0 for none")
    return int(text or 0)
