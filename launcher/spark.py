"""A job as Spark understands it: properties and spark-submit arguments, the same for every backend that takes them."""

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from launcher.model import JobSpec, Run

SHELL_ACTS_ON = re.compile(r'["$`\\]')  # between double quotes
YARN_MARKS = re.compile(r"\{(?=\{)|\}(?=\})|<(?=LOG_DIR>|CPS>)")
SUBSTITUTED = ("`", "\\")  # what the shell that starts a driver on YARN still acts on


def spark_submit(spec: JobSpec, run: Run, *, master: str, conf: Mapping[str, str]) -> list[str]:
    """Give the arguments after ``spark-submit``; the user's own properties win over ``conf``.

    https://spark.apache.org/docs/latest/submitting-applications.html
    """
    argv = ["--master", master, "--name", run.run_id]
    for key, value in properties(spec, conf).items():
        argv += ["--conf", f"{key}={value}"]
    arguments = yarn_arguments(spec, run) if master == "yarn" else job_arguments(spec, run)
    return [*argv, "--py-files", ",".join(run.app.py_files), run.app.main, *arguments]


def properties(spec: JobSpec, ours: Mapping[str, str]) -> dict[str, str]:
    """Give the Spark properties of a job by name: a backend's, the job's variables on executors, the user's last."""
    found = {**{f"spark.executorEnv.{key}": value for key, value in spec.env.items()}, **ours, **spec.conf}
    return dict(sorted(found.items()))


def on_yarn(spec: JobSpec, run: Run, *, python: str) -> dict[str, str]:
    """Give what every job on YARN needs: the driver runs in the cluster, once, with the interpreter that is named.

    YARN starts a failing application a second time unless it is told not to; the tag finds the application again.
    https://spark.apache.org/docs/latest/running-on-yarn.html#spark-properties
    """
    ours = {
        "spark.submit.deployMode": "cluster",
        "spark.yarn.maxAppAttempts": "1",
        "spark.yarn.tags": run.run_id,
        "spark.pyspark.python": python,
        # An image's own spark-env.sh may export another one, and in the driver's container the variable wins.
        "spark.yarn.appMasterEnv.PYSPARK_PYTHON": python,
    }
    for key, value in spec.env.items():
        ours |= dict.fromkeys((f"spark.yarn.appMasterEnv.{key}", f"spark.executorEnv.{key}"), yarn_variable(value))
    return ours


def yarn_variable(value: str) -> str:
    """Give a variable's value as YARN needs it to reach a container unchanged.

    YARN puts it as it is between double quotes of a shell's script, after it has replaced marks of its own: {{NAME}}
    would become the variable of that name, <LOG_DIR> and <CPS> a folder and a colon.
    https://github.com/apache/hadoop/blob/rel/release-3.4.1/hadoop-yarn-project/hadoop-yarn/hadoop-yarn-server/hadoop-yarn-server-nodemanager/src/main/java/org/apache/hadoop/yarn/server/nodemanager/containermanager/launcher/ContainerLaunch.java
    """
    return YARN_MARKS.sub(r'\g<0>""', SHELL_ACTS_ON.sub(r"\\\g<0>", value))


def job_arguments(spec: JobSpec, run: Run) -> list[str]:
    """Give the arguments of ``main.py``: what identifies the run, then the workload's own."""
    own = ["--run", run.run_id, "--directory", run.directory, "--digest", run.app.digest, "--workload", spec.workload]
    return [*own, "--", *spec.args]


def yarn_arguments(spec: JobSpec, run: Run) -> list[str]:
    """Give the arguments of ``main.py`` in YARN's cluster mode.

    Spark hands them to a shell there and leaves two characters as they are: `whoami` would be run on the cluster. An
    argument with one of them makes all travel percent-encoded, and ``main.py`` decodes them.
    https://github.com/apache/spark/blob/v4.1.0/resource-managers/yarn/src/main/scala/org/apache/spark/deploy/yarn/YarnSparkHadoopUtil.scala
    """
    if not any(character in argument for argument in spec.args for character in SUBSTITUTED):
        return job_arguments(spec, run)
    encoded = job_arguments(replace(spec, args=tuple(quote(argument) for argument in spec.args)), run)
    at = encoded.index("--")
    return [*encoded[:at], "--quoted", *encoded[at:]]
