"""The rehearsed Azure without its YARN, as a stack's account."""

import os
import ssl
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal import azure_account, certificates, parts, providers
from rehearsal.arm import Arm
from rehearsal.azure_account import Azure
from rehearsal.entra import Entra
from rehearsal.serving import served
from tests.homes import home_below
from tests.stacks.conftest import ROOT, Machine

KIND = ("--kind", "hdinsight", "--region", "westeurope", "--ssh-source", "192.0.2.7/32", "--for", "4h")
SECONDS = 0.3  # that a cluster, or the end of a group, takes


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureAccount(Machine):
    """A subscription of the rehearsed Azure; ``service`` is its resource manager."""

    service: Arm

    def clusters(self, name: str) -> list[str]:
        """Give the names of the clusters of a stack."""
        found = self.service.clusters.listed()
        return [row["name"] for row in found if f"/resourcegroups/firesteel-{name}/" in row["id"].lower()]

    def things(self, name: str) -> dict[str, int]:
        """Count what the subscription has of a stack, in its group and by its tag."""
        group = f"/resourcegroups/firesteel-{name}".lower()
        found: dict[str, int] = {}
        everything = [
            *self.service.resources.groups(),
            *self.service.resources.every(),
            *self.service.clusters.listed(),
        ]
        everything += self.service.roles.listed(f"/subscriptions/{self.variables['ARM_SUBSCRIPTION_ID']}")
        for row in everything:
            place = (row.get("properties", {}).get("scope") or row["id"]).lower()
            if f"{place}/".startswith(f"/subscriptions/{self.variables['ARM_SUBSCRIPTION_ID']}{group}/") or (
                (row.get("tags") or {}).get("firesteel:stack") == name
            ):
                kind = row["type"].rpartition("/")[2]
                found[kind] = found.get(kind, 0) + 1
        return found


@contextmanager
def account(folder: Path, clock: Callable[[], float] = time.time) -> Generator[AzureAccount]:
    """Serve a subscription for the length of a block; what is left of the test's stacks on this machine goes."""
    folder.mkdir(parents=True)
    files = [folder / "server.pem", folder / "key.pem"]
    for file, content in zip(files, certificates.loopback(), strict=True):
        file.write_bytes(content)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(files[0], files[1])
    azure, arms, names = Azure(port=1), list[Arm](), list[str]()

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return arms[0](environ, start_response)

    try:
        with served(app, tls=tls) as url:  # its address is known only when it is served
            login: dict[str, Any] = {"tenant": azure.tenant, "client_id": azure.client_id}
            entra = Entra(authority=url, client_secret=azure.client_secret, **login)
            arms.append(Arm(entra, subscription=azure.subscription, seconds=SECONDS, clock=clock))
            azure_account.configure_az(folder / "az", url)
            path = [str(providers.program(folder, each)) for each in ("azure-native", "random")]
            path += [str(parts.ensure("pulumi") / "bin"), os.environ["PATH"]]
            variables = {
                **azure.env(url, folder / "az"),
                "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",  # whatever this machine has
                **dict.fromkeys(("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), str(files[0])),
                "PATH": os.pathsep.join(path),
            }
            with arms[0].ticking():
                yield AzureAccount(service=arms[0], home=home_below(folder), variables=variables, names=names)
    finally:
        for name in names:
            (ROOT / f"Pulumi.{name}.yaml").unlink(missing_ok=True)
