"""A real YARN, one ResourceManager and one NodeManager on loopback, and what submits to it: Spark, MapReduce.

Not all is on loopback: MapReduce's shuffle in the NodeManager, and its application masters while they run, listen on
every address, for which Hadoop has no setting. The shuffle answers only who knows the job's secret.
"""

import json
import shlex
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from launcher import embedded
from launcher.embedded import Spark
from rehearsal import parts, processes, yarn_conf
from rehearsal.errors import RehearsalError
from rehearsal.processes import LOOPBACK, Process
from rehearsal.yarn_conf import QUICK_JVM, Ports

HEAP = "-Xmx320m"  # of each daemon
OPENS = "--add-opens=java.base/java.lang=ALL-UNNAMED"  # their dependency injection predates Java 17
DAEMONS = ("resourcemanager.ResourceManager", "nodemanager.NodeManager")
PATIENCE = 120.0  # seconds
ANSWER = 10.0  # seconds that the ResourceManager may take for an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Yarn:
    """A YARN that runs: its ResourceManager's URL, and the environment in which ``spark_submit`` finds it.

    ``logs`` is the folder of the containers' logs.
    """

    web: str
    logs: str
    spark_submit: str
    env: Mapping[str, str]

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Give the YARN that was started in ``folder``, also from another process."""
        try:
            return cls(**json.loads((folder / "yarn.json").read_text(encoding="utf-8")))
        except FileNotFoundError as error:
            raise RehearsalError(f"no YARN was started in {folder}", "rehearsal up") from error

    def applications(self, **query: str) -> list[dict[str, Any]]:
        """Give the applications that fit, as the ResourceManager describes them, the newest last.

        https://hadoop.apache.org/docs/r3.4.2/hadoop-yarn/hadoop-yarn-site/ResourceManagerRest.html#Cluster_Applications_API
        """
        words = "&".join(f"{name}={value}" for name, value in query.items())
        found = (self._ask(f"/ws/v1/cluster/apps?{words}").get("apps") or {}).get("app", [])
        return sorted(found, key=lambda application: str(application["id"]))

    def kill(self, application_id: str) -> None:
        """Ask the ResourceManager to end an application; nothing happens when it has ended."""
        self._ask(f"/ws/v1/cluster/apps/{application_id}/state", {"state": "KILLED"})

    def nodes(self) -> int:
        """Give how many nodes are ready; 0 while the ResourceManager does not answer."""
        try:
            return int(self._ask("/ws/v1/cluster/metrics").get("clusterMetrics", {}).get("activeNodes", 0))
        except RehearsalError:
            return 0

    def _ask(self, path: str, body: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        request = urllib.request.Request(  # noqa: S310 -- our own http address
            f"{self.web}{path}",
            data=json.dumps(body).encode() if body else None,
            headers={"Content-Type": "application/json"} if body else {},
            method="PUT" if body else "GET",
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(request, timeout=ANSWER) as answer:
                return json.load(answer)
        except (OSError, ValueError) as error:
            raise RehearsalError(f"YARN's ResourceManager at {self.web}: {error}", "rehearsal status") from error


def start(folder: Path, core_site: Mapping[str, str], jars: Sequence[Path] = ()) -> Yarn:
    """Start both daemons in ``folder`` and return when a job can be submitted.

    ``core_site`` says how the storage is reached, ``jars`` are folders of the connectors that it needs: daemons,
    drivers and executors get both. Raises ProcessDied when a daemon ends or is not ready in time.
    """
    ports = yarn_conf.choose_ports()
    spark = _without_spaces(folder, embedded.spark())
    _write_conf(folder, ports, core_site, spark, _hadoop(jars))
    yarn = Yarn(
        web=f"http://{LOOPBACK}:{ports.rm_web}",
        logs=str(yarn_conf.container_logs(folder)),
        spark_submit=str(spark.home / "bin" / "spark-submit"),
        env=_environment(folder, spark, jars),
    )
    manager, node = (_daemon(folder, spark, jars, name) for name in DAEMONS)
    processes.wait_until(node, lambda: yarn.nodes() > 0, patience=PATIENCE, beside=[manager])
    (folder / "yarn.json").write_text(json.dumps(asdict(yarn)), encoding="utf-8")
    return yarn


def _without_spaces(folder: Path, spark: Spark) -> Spark:
    """Give Spark by another path: below one with a space, Spark on YARN does not find its own jars again."""
    link = folder / "spark"
    link.symlink_to(spark.home)
    return replace(spark, home=link)


def _write_conf(folder: Path, ports: Ports, core_site: Mapping[str, str], spark: Spark, hadoop: str) -> None:
    files = {
        "hadoop-conf/core-site.xml": yarn_conf.xml(yarn_conf.core_site(folder, core_site)),
        "hadoop-conf/yarn-site.xml": yarn_conf.xml(yarn_conf.yarn_site(folder, ports)),
        "hadoop-conf/mapred-site.xml": yarn_conf.xml(yarn_conf.mapred_site(folder, ports, hadoop, OPENS)),
        "hadoop-conf/capacity-scheduler.xml": yarn_conf.xml(yarn_conf.capacity_scheduler()),
        "spark-conf/spark-defaults.conf": yarn_conf.lines(yarn_conf.spark_defaults(folder, spark.home, sys.executable)),
        "daemon-conf/log4j.properties": yarn_conf.lines(yarn_conf.log4j()),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o600)  # core-site.xml may hold the storage's key


def _environment(folder: Path, spark: Spark, jars: Sequence[Path]) -> dict[str, str]:
    return {
        "JAVA_HOME": str(spark.java.home),
        "SPARK_HOME": str(spark.home),
        "SPARK_CONF_DIR": str(folder / "spark-conf"),
        "HADOOP_CONF_DIR": str(folder / "hadoop-conf"),
        # Behind Spark's own jars, on the client, the driver and the executors alike.
        "SPARK_DIST_CLASSPATH": _class_path(*jars),
        "SPARK_LOCAL_IP": LOOPBACK,
        "SPARK_LAUNCHER_OPTS": QUICK_JVM,
        "SPARK_SUBMIT_OPTS": f"{QUICK_JVM} {shlex.quote(_temporary(folder))}",
    }


def _daemon(folder: Path, spark: Spark, jars: Sequence[Path], name: str) -> Process:
    class_path = f"{folder / 'daemon-conf'}:{folder / 'hadoop-conf'}:{_hadoop(jars)}"
    argv = [str(spark.java.home / "bin" / "java"), OPENS, HEAP, *QUICK_JVM.split()]
    argv += [_temporary(folder), "-cp", class_path, f"org.apache.hadoop.yarn.server.{name}"]
    return processes.start(folder, name.partition(".")[0], argv, env=_environment(folder, spark, ()))


def _hadoop(jars: Sequence[Path]) -> str:
    return _class_path(parts.ensure("hadoop"), *jars)


def _temporary(folder: Path) -> str:
    return f"-Djava.io.tmpdir={folder / 'tmp'}"


def _class_path(*jars: Path) -> str:
    return ":".join(f"{folder}/*" for folder in jars)
