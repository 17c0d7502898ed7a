"""What Livy takes as a batch, and the words with which it refuses anything else.

From Livy 0.7.1: CreateBatchRequest, Session.prepareConf and resolveURI. Stricter in one point: a number or a truth
value where a text belongs is refused; Jackson would turn it into text.
https://livy.incubator.apache.org/docs/latest/rest-api.html#post-batches
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

TEXT, COUNT, TEXTS, MAPPING = "String", "int", "List<String>", "Map<String,String>"
FIELDS = {
    "file": TEXT,
    "proxyUser": TEXT,
    "className": TEXT,
    "args": TEXTS,
    "jars": TEXTS,
    "pyFiles": TEXTS,
    "files": TEXTS,
    "driverMemory": TEXT,
    "driverCores": COUNT,
    "executorMemory": TEXT,
    "executorCores": COUNT,
    "numExecutors": COUNT,
    "archives": TEXTS,
    "queue": TEXT,
    "name": TEXT,
    "conf": MAPPING,
}
CLASS = "org.apache.livy.server.batch.CreateBatchRequest"


def misfit(request: Any) -> str:
    """Give what Livy's JSON library says of a body that is no batch, empty when it is one."""
    if not isinstance(request, dict):
        return f"Cannot deserialize instance of `{CLASS}` out of START_ARRAY token"
    return _wrong_field(request)


def _wrong_field(request: Mapping[str, Any]) -> str:
    for name, value in request.items():
        if name not in FIELDS:
            known = f'{len(FIELDS)} known properties: "{chr(34).join(sorted(FIELDS))}"'
            return f'Unrecognized field "{name}" (class {CLASS}), not marked as ignorable ({known})'
        if value is not None and not _fits(value, FIELDS[name]):
            verb = "construct" if FIELDS[name] == MAPPING else "deserialize"
            return f"Cannot {verb} instance of `{FIELDS[name]}` for {CLASS}[{name!r}]"
    return ""


def _fits(value: Any, kind: str) -> bool:
    if kind == COUNT:
        return type(value) is int
    if kind == TEXTS:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if kind == MAPPING:
        return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
    return isinstance(value, str)


def refusal(request: Mapping[str, Any], local_folders: Sequence[str]) -> str:
    """Give why Livy refuses this batch, empty when it takes it; ``local_folders`` are on its whitelist."""
    name = request.get("name")
    if name is not None and name.isdecimal():
        return f"Invalid session name: {name}"
    if not request.get("file"):
        return "requirement failed: File is required."
    uris = [
        request["file"],
        *(uri for key in ("pyFiles", "jars", "files", "archives") for uri in request.get(key) or []),
    ]
    return next((said for uri in uris if (said := _wrong_uri(uri, local_folders))), "")


def _wrong_uri(uri: str, local_folders: Sequence[str]) -> str:
    if any(character in uri for character in ' "<>\\^`{|}'):
        return f"java.net.URISyntaxException: Illegal character in path: {uri}"
    parts = urlsplit(uri)
    if not parts.scheme and not parts.path.startswith("/"):
        return f"requirement failed: Path '{parts.path}' is not absolute."
    local = not parts.scheme or parts.scheme == "file"
    if local and not any(parts.path.startswith(folder) for folder in local_folders):
        return f"requirement failed: Local path {parts.path} cannot be added to user sessions."
    return ""


def arguments(body: Mapping[str, Any]) -> list[str]:
    """Give the arguments after ``spark-submit``, as Livy's SparkProcessBuilder puts them together."""
    conf = {"spark.master": "yarn", **(body.get("conf") or {}), "spark.submit.deployMode": "cluster"}
    argv = [word for key, value in conf.items() for word in ("--conf", f"{key}={value}")]
    for option, key in (("--name", "name"), ("--class", "className"), ("--queue", "queue")):
        argv += [option, body[key]] if body.get(key) else []
    for option, key in (
        ("--py-files", "pyFiles"),
        ("--jars", "jars"),
        ("--files", "files"),
        ("--archives", "archives"),
    ):
        argv += [option, ",".join(body[key])] if body.get(key) else []
    return [*argv, body["file"], *(body.get("args") or [])]
