"""A real Livy on a rehearsal's YARN: batches in cluster mode, on loopback.

Livy 0.7.1 was made for Spark 2. Of Spark, batches need only spark-submit, so it runs Spark 4 too, and warns that it
does not know it.
https://livy.incubator.apache.org/docs/latest/rest-api.html
"""

from pathlib import Path

from rehearsal import parts, processes, yarn_conf
from rehearsal.processes import LOOPBACK
from rehearsal.yarn import OPENS, Yarn

MAIN = "org.apache.livy.server.LivyServer"
HEAP = "-Xmx256m"
FORGETS = "600s"  # Livy's own default: an ended batch is forgotten at the next look after that
POLL = "500ms"  # between two looks at YARN; by default 5 s
PATIENCE = 120.0  # seconds


def start(folder: Path, yarn: Yarn, *, forgets: str = FORGETS) -> int:
    """Start Livy in ``folder`` and give its port when it answers; raises ProcessDied when it does not.

    As on a cluster, files of a batch must lie in the storage: no local folder is allowed.
    """
    port, home = processes.free_port(), folder / "livy"
    for name in ("conf", "logs"):  # Livy stops when it finds no folder for logs
        (home / name).mkdir(parents=True, exist_ok=True)
    (home / "conf" / "livy.conf").write_text(yarn_conf.lines(_conf(port, forgets)), encoding="utf-8")
    (home / "conf" / "log4j.properties").write_text(yarn_conf.lines(yarn_conf.log4j()), encoding="utf-8")
    env = {**yarn.env, "LIVY_HOME": str(home), "LIVY_CONF_DIR": str(home / "conf")}
    process = processes.start(folder, "livy", _command(folder, yarn), env=env)
    processes.wait_http(process, f"http://{LOOPBACK}:{port}/batches", patience=PATIENCE)
    return port


def _command(folder: Path, yarn: Yarn) -> list[str]:
    class_path = f"{folder / 'livy' / 'conf'}:{yarn.env['HADOOP_CONF_DIR']}:{parts.ensure('livy')}/*"
    options = [OPENS, HEAP, *yarn_conf.QUICK_JVM.split(), f"-Djava.io.tmpdir={folder / 'tmp'}"]
    return [str(Path(yarn.env["JAVA_HOME"]) / "bin" / "java"), *options, "-cp", class_path, MAIN]


def _conf(port: int, forgets: str) -> dict[str, str]:
    return {
        "livy.server.host": LOOPBACK,
        "livy.server.port": str(port),
        "livy.server.csrf-protection.enabled": "true",
        "livy.server.session.state-retain.sec": forgets,
        "livy.server.yarn.poll-interval": POLL,
        "livy.spark.master": "yarn",
        "livy.spark.deploy-mode": "cluster",
        "livy.spark.scala-version": "2.12",  # of interactive sessions, which nobody opens; one that Livy knows
    }
