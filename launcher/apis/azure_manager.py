"""Azure's resource manager, asked as ``az`` would: its active cloud, its login, the vendor's environment variables."""

import base64
import configparser
import contextlib
import json
import logging
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

from launcher.errors import BackendUnavailable, ConfigError, JobRejected, LauncherError

PUBLIC = "AzureCloud"
# Clouds that az knows by itself -> their resource manager (az cloud list).
KNOWN = {
    PUBLIC: "https://management.azure.com",
    "AzureChinaCloud": "https://management.chinacloudapi.cn",
    "AzureUSGovernment": "https://management.usgovcloudapi.net",
}
SECONDS = 5
LOGIN = "az login"


def endpoint() -> str:
    """Give the resource manager of az's active cloud; raises ConfigError for one that az does not know.

    The name is AZURE_CLOUD_NAME or what ``az cloud set`` wrote, the address what ``az cloud register`` wrote, below
    AZURE_CONFIG_DIR. https://learn.microsoft.com/cli/azure/azure-cli-configuration
    """
    folder = Path(os.environ.get("AZURE_CONFIG_DIR") or "~/.azure").expanduser()
    settings, clouds = (_read(folder / name) for name in ("config", "clouds.config"))
    name = os.environ.get("AZURE_CLOUD_NAME") or settings.get("cloud", "name", fallback=PUBLIC)
    found = clouds.get(name, "endpoint_resource_manager", fallback=None) or KNOWN.get(name)
    if found is None:
        raise ConfigError(f"az's active cloud {name!r} is not registered in {folder}", "az cloud list")
    return found.rstrip("/")


def cluster(subscription: str, group: str, name: str) -> Any:
    """Give the SDK's object of an HDInsight cluster; raises BackendUnavailable, or JobRejected when there is none."""
    from azure.mgmt.hdinsight import HDInsightManagementClient

    where = endpoint()
    with (
        _translated(where),
        _credential() as credential,
        HDInsightManagementClient(
            credential,
            subscription,
            where,
            credential_scopes=[_scope(where)],
            retry_total=0,
            connection_timeout=SECONDS,
            read_timeout=SECONDS,
        ) as client,
    ):
        return client.clusters.get(group, name)


def identity() -> str:
    """Give who the login is, as its token says: a user's or an application's name, and the tenant."""
    told = claims(token())
    who = told.get("upn") or told.get("unique_name") or told.get("appid") or told.get("oid") or "somebody"
    return f"{who} of tenant {told.get('tid', 'unknown')}"


def token() -> str:
    """Give a token for the resource manager; raises BackendUnavailable."""
    where = endpoint()
    with _translated(where), _credential() as credential:
        return str(credential.get_token(_scope(where)).token)


def _credential() -> Any:
    from azure.identity import DefaultAzureCredential

    logging.getLogger("azure").addHandler(logging.NullHandler())  # what it warns of is told by our errors
    # An authority of one's own has no entry in Microsoft's list of authorities.
    foreign = bool(os.environ.get("AZURE_AUTHORITY_HOST"))
    return DefaultAzureCredential(disable_instance_discovery=foreign, process_timeout=SECONDS, retry_total=0)


def _scope(where: str) -> str:
    return f"{where}/.default"


def claims(token: str) -> dict[str, Any]:
    """Give what a token says about itself; it is for its receiver, so it may be unreadable."""
    part = token.split(".")[1] if token.count(".") >= 2 else ""  # noqa: PLR2004 -- head, claims, signature
    try:
        return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))
    except ValueError:
        return {}


@contextlib.contextmanager
def _translated(where: str) -> Generator[None]:
    """Turn what Azure's libraries raise into our errors."""
    from azure.core import exceptions

    try:
        yield
    except exceptions.ClientAuthenticationError as error:
        raise BackendUnavailable(f"Azure does not let us in: {_because(error)}", LOGIN) from error
    except exceptions.ResourceNotFoundError as error:
        raise JobRejected(f"{where} knows no such cluster: {_first(error)}", "launcher clouds") from error
    except exceptions.HttpResponseError as error:
        raise _refused(where, error) from error
    except exceptions.AzureError as error:
        raise BackendUnavailable(f"{where} cannot be reached: {_first(error)}", "check the network") from error


def _refused(where: str, error: Any) -> LauncherError:
    if error.status_code == 403:  # noqa: PLR2004 -- Forbidden
        return BackendUnavailable(f"{where}: {_first(error)}", "az role assignment create --role Reader")
    return BackendUnavailable(f"{where} answers {error.status_code}: {_first(error)}", "try again in a minute")


def _because(error: Any) -> str:
    """Give the line of the credential that was there and was refused, if one of the many that were tried was."""
    refused = [line.strip() for line in str(error).splitlines() if "failed: " in line]
    return refused[0][:300] if refused else _first(error)


def _first(error: Any) -> str:
    return str(error).strip().partition("\n")[0][:300]


def _read(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(path, encoding="utf-8")
    return parser
