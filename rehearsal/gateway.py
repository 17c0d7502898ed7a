"""The way into a rehearsed HDInsight cluster: Caddy, a real reverse proxy, with TLS and basic auth.

Two addresses, as on Azure: the cluster's own gateway (Livy under /livy, YARN's web under /yarnui), where a login is
asked for, and the resource manager with the token endpoint.
https://caddyserver.com/docs/json/
"""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import certifi

from rehearsal import certificates, parts, processes
from rehearsal.processes import LOOPBACK

LARGEST = 10 * 1024 * 1024  # bytes of a body
HASH_COST = "10"  # bcrypt's; the gateway remembers who came in


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstreams:
    """Ports of loopback: where Livy, YARN's web and the resource manager listen.

    With ``faults``, a proxy's port, requests for the first two go there, with their prefix.
    """

    livy: int
    yarn: int
    arm: int
    faults: int | None = None

    def prefixes(self) -> dict[str, int]:
        """Give the ports by the first part of the path that leads to them."""
        return {"/livy": self.livy, "/yarnui": self.yarn}


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """URLs for clients, and the file with the certificates that they trust: this one's and the public ones."""

    endpoint: str
    management: str
    bundle: Path


def start(folder: Path, upstreams: Upstreams, *, login: tuple[str, str]) -> Addresses:
    """Start the proxy in ``folder`` and return when it accepts connections; ``login`` is a user and a password."""
    caddy = parts.ensure("caddy")
    ports = processes.free_ports(2)
    files = _certificate(folder)
    config = configuration(upstreams, files, ports, (login[0], _hashed(caddy, login[1])))
    path = _private(folder / "caddy.json", json.dumps(config, indent=1).encode())
    env = {"XDG_DATA_HOME": str(folder / "caddy"), "XDG_CONFIG_HOME": str(folder / "caddy"), "HOME": str(folder)}
    process = processes.start(folder, "caddy", [str(caddy), "run", "--config", str(path)], env=env)
    for port in ports:
        processes.wait_port(process, port)
    gateway, management = (f"https://{LOOPBACK}:{port}" for port in ports)
    return Addresses(endpoint=gateway, management=management, bundle=folder / "bundle.pem")


def configuration(
    upstreams: Upstreams, certificate: Mapping[str, str], ports: Sequence[int], account: tuple[str, str]
) -> Mapping[str, Any]:
    """Give Caddy's configuration; ``account`` is a user and a bcrypt hash, ``certificate`` names its files."""
    gateway = [
        {"handle": [_login(*account), {"handler": "request_body", "max_size": LARGEST}]},
        *(_to(prefix, port, upstreams.faults) for prefix, port in upstreams.prefixes().items()),
        {"handle": [{"handler": "static_response", "status_code": 404}]},
    ]
    servers = {
        "gateway": _server(ports[0], gateway),
        "management": _server(ports[1], [{"handle": [_proxy(upstreams.arm)]}]),
    }
    files = [dict(certificate)]
    return {
        "admin": {"disabled": True, "config": {"persist": False}},
        "apps": {"http": {"servers": servers}, "tls": {"certificates": {"load_files": files}}},
    }


def _server(port: int, routes: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "listen": [f"{LOOPBACK}:{port}"],
        "routes": routes,
        "tls_connection_policies": [{}],
        "automatic_https": {"disable": True},
        "protocols": ["h1", "h2"],
    }


def _login(user: str, hashed: str) -> dict[str, Any]:
    basic = {"accounts": [{"username": user, "password": hashed}], "hash_cache": {}, "realm": "HDInsight"}
    return {"handler": "authentication", "providers": {"http_basic": basic}}


def _to(prefix: str, port: int, faults: int | None) -> dict[str, Any]:
    direct = [{"handler": "rewrite", "strip_path_prefix": prefix}, _proxy(port)]
    handle = direct if faults is None else [_proxy(faults)]
    return {"match": [{"path": [f"{prefix}/*"]}], "handle": handle, "terminal": True}


def _proxy(port: int) -> dict[str, Any]:
    return {"handler": "reverse_proxy", "upstreams": [{"dial": f"{LOOPBACK}:{port}"}]}


def _certificate(folder: Path) -> dict[str, str]:
    certificate, key = certificates.loopback()
    (folder / "bundle.pem").write_bytes(certificate + Path(certifi.where()).read_bytes())
    files = {"certificate": folder / "server.pem", "key": folder / "server-key.pem"}
    files["certificate"].write_bytes(certificate)
    _private(files["key"], key)
    return {name: str(path) for name, path in files.items()}


def _private(path: Path, content: bytes) -> Path:
    path.touch(mode=0o600)
    path.write_bytes(content)
    return path


def _hashed(caddy: Path, password: str) -> str:
    # On stdin, so that no list of processes shows it.
    command = [str(caddy), "hash-password", "--algorithm", "bcrypt", "--bcrypt-cost", HASH_COST]
    told = subprocess.run(command, input=f"{password}\n", capture_output=True, text=True, check=True)
    return told.stdout.strip()
