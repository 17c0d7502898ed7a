"""A job as spark-submit arguments: the same for every backend that has a command line."""

from launcher.model import JobSpec, Run


def spark_submit(spec: JobSpec, run: Run, *, master: str, conf: dict[str, str]) -> list[str]:
    """Give the arguments after ``spark-submit``; the user's own properties win over ``conf``.

    https://spark.apache.org/docs/latest/submitting-applications.html
    """
    properties = conf | {f"spark.executorEnv.{key}": value for key, value in spec.env.items()} | dict(spec.conf)
    argv = ["--master", master, "--name", run.run_id]
    for key in sorted(properties):
        argv += ["--conf", f"{key}={properties[key]}"]
    return [*argv, "--py-files", ",".join(run.app.py_files), run.app.main, *job_arguments(spec, run)]


def job_arguments(spec: JobSpec, run: Run) -> list[str]:
    """Give the arguments of ``main.py``: what identifies the run, then the workload's own."""
    own = ["--run", run.run_id, "--directory", run.directory, "--digest", run.app.digest, "--workload", spec.workload]
    return [*own, "--", *spec.args]
