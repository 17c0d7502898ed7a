"""The configuration files of a rehearsal's YARN and of the Spark that runs on it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from xml.sax.saxutils import escape

from rehearsal.processes import LOOPBACK, MARK, free_ports

# Passed on from the NodeManager to every container; those of Hadoop's default first.
# https://hadoop.apache.org/docs/r3.4.2/hadoop-yarn/hadoop-yarn-common/yarn-default.xml
WHITELIST = ("JAVA_HOME", "HADOOP_CONF_DIR", "PATH", "LANG", "TZ", MARK, "TMPDIR", "SPARK_LOCAL_IP")
MEMORY = 6144  # MiB for all containers of a cloud: three small applications of two containers
TASK = 384  # MiB for each container of MapReduce
# The jobs are short: what the better compiler and the parallel collector gain later, their start costs now.
QUICK_JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData -Xshare:auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The ports of both daemons: all on loopback but that of the shuffle, which Hadoop knows no address for."""

    rm: int
    scheduler: int
    tracker: int
    admin: int
    rm_web: int
    nm: int
    localizer: int
    nm_web: int
    shuffle: int


def container_logs(folder: Path) -> Path:
    """Give the folder of the containers' logs: APPLICATION/CONTAINER/stdout and stderr."""
    return folder / "containers"


def choose_ports() -> Ports:
    """Give free ports for every address of YARN."""
    names = [row.name for row in fields(Ports)]
    return Ports(**dict(zip(names, free_ports(len(names)), strict=True)))


def yarn_site(folder: Path, ports: Ports) -> dict[str, str]:
    """Give yarn-site.xml: the addresses, the folders, and what makes YARN answer small jobs quickly."""
    return _addresses(ports) | _shuffle() | _folders(folder) | _limits() | _pace()


def core_site(folder: Path, given: Mapping[str, str]) -> dict[str, str]:
    """Give core-site.xml: the default file system and temporary files, and what the cloud's storage needs."""
    return {"fs.defaultFS": "file:///", "hadoop.tmp.dir": str(folder / "tmp" / "hadoop"), **given}


def mapred_site(folder: Path, ports: Ports, class_path: str, opens: str) -> dict[str, str]:
    """Give mapred-site.xml: MapReduce runs on YARN, in containers of which several have room beside Spark's.

    https://hadoop.apache.org/docs/r3.4.2/hadoop-mapreduce-client/hadoop-mapreduce-client-core/mapred-default.xml
    """
    master, java = "yarn.app.mapreduce.am", f"-Xmx{TASK * 3 // 4}m {QUICK_JVM} {opens}"
    memory = {f"{name}.memory.mb": str(TASK) for name in ("mapreduce.map", "mapreduce.reduce")}
    options = {f"{name}.java.opts": java for name in ("mapreduce.map", "mapreduce.reduce")}
    return {
        "mapreduce.framework.name": "yarn",
        "mapreduce.application.classpath": class_path.replace(":", ","),
        f"{master}.staging-dir": f"file://{folder}/staging",
        f"{master}.resource.mb": str(TASK),
        f"{master}.command-opts": java,
        f"{master}.scheduler.heartbeat.interval-ms": "100",
        **memory,
        **options,
        "mapreduce.task.io.sort.mb": "32",
        # Not in yarn-site.xml: the NodeManager reads MapReduce's defaults after that.
        "mapreduce.shuffle.port": str(ports.shuffle),
    }


def capacity_scheduler() -> dict[str, str]:
    """Give capacity-scheduler.xml: one queue, of which the applications' masters may take a half."""
    queue = "yarn.scheduler.capacity"
    return {
        f"{queue}.root.queues": "default",
        f"{queue}.root.default.capacity": "100",
        f"{queue}.maximum-am-resource-percent": "0.5",
        f"{queue}.node-locality-delay": "-1",
    }


def spark_defaults(folder: Path, spark_home: Path, python: str) -> dict[str, str]:
    """Give spark-defaults.conf: a small application, quickly started, that uploads nothing of Spark's own."""
    return {
        "spark.master": "yarn",
        "spark.yarn.jars": f"local:{spark_home}/jars/*",
        "spark.yarn.stagingDir": f"file://{folder}/staging",
        "spark.pyspark.python": python,
        "spark.pyspark.driver.python": python,
        "spark.driver.memory": "512m",
        "spark.executor.memory": "512m",
        "spark.executor.instances": "1",
        "spark.dynamicAllocation.enabled": "false",
        "spark.ui.enabled": "false",
        "spark.driver.extraJavaOptions": QUICK_JVM,
        "spark.executor.extraJavaOptions": QUICK_JVM,
        # A session may begin before its executors are there; the first stage waits for them.
        "spark.scheduler.minRegisteredResourcesRatio": "0",
        "spark.yarn.report.interval": "200ms",
        "spark.yarn.scheduler.heartbeat.interval-ms": "200",
        "spark.yarn.scheduler.initial-allocation.interval": "50ms",
    }


def log4j() -> dict[str, str]:
    """Give log4j.properties of the daemons: one line an event, on their standard output."""
    console = "log4j.appender.console"
    return {
        "log4j.rootLogger": "INFO,console",
        console: "org.apache.log4j.ConsoleAppender",
        f"{console}.layout": "org.apache.log4j.PatternLayout",
        f"{console}.layout.ConversionPattern": "%d %p %c{1}: %m%n",
    }


def xml(properties: Mapping[str, str]) -> str:
    """Give properties as one of Hadoop's configuration files."""
    rows = (
        f"<property><name>{escape(name)}</name><value>{escape(value)}</value></property>\n"
        for name, value in properties.items()
    )
    return f"<configuration>\n{''.join(rows)}</configuration>\n"


def lines(properties: Mapping[str, str]) -> str:
    """Give properties as a file of lines, as Spark and log4j read it."""
    return "".join(f"{name}={value}\n" for name, value in properties.items())


def _addresses(ports: Ports) -> dict[str, str]:
    manager, node = "yarn.resourcemanager", "yarn.nodemanager"
    found = {
        f"{manager}.address": ports.rm,
        f"{manager}.scheduler.address": ports.scheduler,
        f"{manager}.resource-tracker.address": ports.tracker,
        f"{manager}.admin.address": ports.admin,
        f"{manager}.webapp.address": ports.rm_web,
        f"{node}.address": ports.nm,
        f"{node}.localizer.address": ports.localizer,
        f"{node}.webapp.address": ports.nm_web,
    }
    names = {f"{manager}.hostname": LOOPBACK, f"{node}.hostname": LOOPBACK, f"{node}.bind-host": LOOPBACK}
    return names | {name: f"{LOOPBACK}:{port}" for name, port in found.items()}


def _shuffle() -> dict[str, str]:
    service = "yarn.nodemanager.aux-services"
    return {
        service: "mapreduce_shuffle",
        f"{service}.mapreduce_shuffle.class": "org.apache.hadoop.mapred.ShuffleHandler",
    }


def _folders(folder: Path) -> dict[str, str]:
    return {
        "yarn.nodemanager.local-dirs": str(folder / "local"),
        "yarn.nodemanager.log-dirs": str(container_logs(folder)),
        # By default below the system's temporary folder, whatever hadoop.tmp.dir says.
        "yarn.node-attribute.fs-store.root-dir": f"file://{folder}/attributes",
        "yarn.node-labels.fs-store.root-dir": f"file://{folder}/labels",
        # The containers' logs stay where they are written, so that they can be read while the application runs.
        "yarn.log-aggregation-enable": "false",
        "yarn.nodemanager.log.retain-seconds": "604800",
        "yarn.nodemanager.env-whitelist": ",".join(WHITELIST),
    }


def _limits() -> dict[str, str]:
    return {
        "yarn.nodemanager.resource.memory-mb": str(MEMORY),
        "yarn.nodemanager.resource.cpu-vcores": str(max(8, os.cpu_count() or 1)),
        "yarn.scheduler.minimum-allocation-mb": "128",
        "yarn.scheduler.maximum-allocation-mb": str(MEMORY),
        "yarn.nodemanager.vmem-check-enabled": "false",
        "yarn.nodemanager.pmem-check-enabled": "false",
        # A laptop's disk is often fuller than the 90 % at which a node is given up.
        "yarn.nodemanager.disk-health-checker.enable": "false",
    }


def _pace() -> dict[str, str]:
    return {
        "yarn.resourcemanager.nodemanagers.heartbeat-interval-ms": "100",
        "yarn.client.application-client-protocol.poll-interval-ms": "50",
        "ipc.client.connect.retry.interval": "100",
        "ipc.client.connect.max.retries": "600",
    }
