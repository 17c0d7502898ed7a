"""The emulated resource manager behind TLS, with az's settings and the vendor's variables for it."""

import os
import ssl
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from rehearsal import azure_account, certificates
from rehearsal.arm import Arm
from rehearsal.azure_account import Azure
from rehearsal.entra import Entra
from rehearsal.serving import served

AZURE = Azure(port=1)
END = "2126-11-24T18:00:00Z"


@contextmanager
def managed(folder: Path) -> Generator[str]:
    """Serve it for the length of a block; ``folder`` takes its certificate and az's settings. Gives its URL."""
    files = [folder / "server.pem", folder / "key.pem"]
    for file, content in zip(files, certificates.loopback(), strict=True):
        file.write_bytes(content)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files[0], files[1])
    arms: list[Arm] = []

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return arms[0](environ, start_response)

    with served(app, tls=context) as url:  # its address is known only when it is served
        login: dict[str, Any] = {"tenant": AZURE.tenant, "client_id": AZURE.client_id}
        entra = Entra(authority=url, client_secret=AZURE.client_secret, **login)
        arms.append(Arm(entra, subscription=AZURE.subscription))
        azure_account.configure_az(folder / "az", url)
        trust = dict.fromkeys(("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), str(files[0]))
        with mock.patch.dict(os.environ, {**AZURE.env(url, folder / "az"), **trust}):
            yield url


def body(end: str = END) -> Any:
    """What creates a cluster."""
    return azure_account.cluster_body(AZURE, "account.dfs.core.windows.net", "cluster", end)
