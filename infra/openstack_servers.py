"""The servers of a stack on OpenStack: one leads, the others compute; what they are told at boot holds no secret.

https://docs.openstack.org/nova/latest/user/metadata.html
"""

import json
from collections.abc import Sequence

import pulumi
import pulumi_openstack as openstack
from pulumi_openstack.compute import InstanceBlockDeviceArgsDict

from infra.openstack_network import Network
from infra.openstack_settings import Settings
from infra.stack import Stack

NODE = "/etc/firesteel/node.json"


class Servers:
    """The leader and the workers; ``address`` is where ssh finds the leader."""

    def __init__(
        self,
        stack: Stack,
        settings: Settings,
        network: Network,
        letter: pulumi.Output[str],
        child: pulumi.ResourceOptions,
    ) -> None:
        self._stack, self._settings = stack, settings
        self._child = pulumi.ResourceOptions.merge(
            child,
            # An image of that name that is newer, or a volume's size, is no reason to make a server anew.
            pulumi.ResourceOptions(depends_on=network.ways, ignore_changes=["blockDevices"]),
        )
        self._key = openstack.compute.Keypair(
            stack.prefix, public_key=settings.public_key, region=settings.region, opts=child
        )
        self._disk = self._volume() if settings.volume_gib else None
        port = network.leader()
        at = port.all_fixed_ips[0]
        self.all = [self._server("leader", settings.leader_type, port, self._told("leader", at, letter))]
        for number in range(1, stack.workers + 1):
            told = self._told("worker", at, letter)
            self.all.append(self._server(f"worker-{number}", settings.worker_type, network.worker(number), told))
        self.inside = at
        self.address = network.address(port)

    @property
    def ids(self) -> Sequence[pulumi.Output[str]]:
        """Give the servers' ids, the leader's first."""
        return [server.id for server in self.all]

    def _server(
        self, word: str, flavour: str, port: openstack.networking.Port, user_data: pulumi.Output[str]
    ) -> openstack.compute.Instance:
        settings = self._settings
        name = f"{self._stack.prefix}-{word}"
        return openstack.compute.Instance(
            name, name=name, flavor_name=flavour, image_name=None if self._disk else settings.server_image,
            block_devices=self._disk, networks=[{"port": port.id}], key_pair=self._key.name, user_data=user_data,
            config_drive=True, availability_zone=settings.zone or None, metadata=self._stack.tags,
            region=settings.region, opts=self._child,
        )  # fmt: skip

    def _told(self, role: str, leader: pulumi.Output[str], letter: pulumi.Output[str]) -> pulumi.Output[str]:
        """Give the user data: small, because of its limit, and without the end, as another text is another server.

        The end is in the server's metadata, which the provider can change.
        """
        node = {
            "stack": self._stack.name, "role": role, "leader": leader, "python": self._stack.python,
            "spark": self._stack.image.spark, "wheelhouse": self._stack.wheelhouse, "letter": letter,
        }  # fmt: skip
        return pulumi.Output.json_dumps(node).apply(_cloud_config)

    def _volume(self) -> list[InstanceBlockDeviceArgsDict]:
        """Give a root disk of the size that is wanted; it goes with its server, also when the deadline ends that."""
        image = openstack.images.get_image_output(
            name=self._settings.server_image, most_recent=True, region=self._settings.region,
            opts=pulumi.InvokeOutputOptions(parent=self._child.parent),
        )  # fmt: skip
        return [
            {
                "source_type": "image", "uuid": image.id, "destination_type": "volume", "boot_index": 0,
                "volume_size": self._settings.volume_gib, "delete_on_termination": True,
            }
        ]  # fmt: skip


def _cloud_config(node: str) -> str:
    """Give what cloud-init does; JSON is YAML.

    https://docs.cloud-init.io/en/latest/reference/modules.html
    """
    found = {
        "manage_etc_hosts": True,  # a host that does not know its own name keeps Spark waiting for the DNS
        "ssh_pwauth": False,
        "write_files": [{"path": NODE, "permissions": "0600", "content": node}],
    }
    return f"#cloud-config\n{json.dumps(found)}\n"
