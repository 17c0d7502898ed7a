"""Passes by Hadoop MapReduce: on the cluster's YARN where its Hadoop is configured so, else in the driver.

In the driver it is Hadoop's own LocalJobRunner: real maps, sort and reduce, in threads, no containers started.
https://hadoop.apache.org/docs/stable/api/org/apache/hadoop/mapreduce/Job.html
"""

import contextlib
import itertools
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Sequence

from jobs import hadoop, mapreduce_code
from jobs.errors import WorkerError
from jobs.gradient_rows import Rows

# Hadoop's own client looks once in 5 s whether a job has ended, which would be most of a short pass.
LOOK = 0.05
ROOM = 120.0  # seconds in which YARN has to start the job; Spark may have taken all of the cluster
FRAMEWORK = "mapreduce.framework.name"


@dataclass
class MapReduce:
    """Runs passes; ``framework`` says where, and may become local when the first pass on YARN does not come about."""

    spark: Any
    rows: Rows
    framework: str
    may_fall_back: bool
    scratch: str
    loader: Any
    jar: str
    local: str
    warnings: List[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def version(self) -> str:
        """Hadoop's version."""
        return self.spark.sparkContext._jvm.org.apache.hadoop.util.VersionInfo.getVersion()  # noqa: SLF001 -- as below

    def gradient(self, weights: Sequence[float]) -> List[float]:
        """Give the sums of one pass; raises WorkerError when Hadoop could not make it."""
        try:
            found = self._pass(weights)
        except WorkerError as error:
            if self.framework == "local" or not self.may_fall_back:
                raise
            self.warnings.append("no MapReduce on YARN, so in the driver: {}".format(error.message))
            print("warning: " + self.warnings[-1])
            self.framework = "local"
            found = self._pass(weights)
        self.may_fall_back = False
        return found

    def _pass(self, weights: Sequence[float]) -> List[float]:
        place = "{}/mapreduce-{}".format(self.scratch, next(self.numbers))
        with _loading(self.spark, self.loader):
            job = _job(self, dict(_settings(self), **{mapreduce_code.WEIGHTS: ",".join(map(repr, weights))}), place)
            _wait(job)
        text = hadoop.read(self.spark, place + "/part-r-00000").decode("ascii")
        return [float(number) for number in text.split("\t")[1].split(",")]


@contextlib.contextmanager
def started(spark: Any, rows: Rows, framework: str, scratch: str) -> Iterator[MapReduce]:
    """Give what runs the passes; what it needs on this machine is removed at the end."""
    loader, classes = mapreduce_code.compiled(spark.sparkContext._jvm)  # noqa: SLF001 -- the way to Hadoop's own classes
    local = tempfile.mkdtemp(prefix="firesteel-mapreduce-")
    try:
        jar = mapreduce_code.jar(classes, local) if classes else ""
        chosen = _configured(spark) if framework == "auto" else framework
        yield MapReduce(spark, rows, chosen, framework == "auto", scratch, loader, jar, local)
    finally:
        shutil.rmtree(local, ignore_errors=True)


def _configured(spark: Any) -> str:
    """Give the framework that the machine's Hadoop configuration names: local without any."""
    return "yarn" if _configuration(spark).get(FRAMEWORK) == "yarn" else "local"


def _configuration(spark: Any) -> Any:
    jvm, context = spark.sparkContext._jvm, spark.sparkContext._jsc  # noqa: SLF001 -- as above
    return jvm.org.apache.hadoop.mapred.JobConf(context.hadoopConfiguration())


def _settings(run: MapReduce) -> Dict[str, str]:
    settings = {FRAMEWORK: run.framework, "mapreduce.client.genericoptionsparser.used": "true"}
    if run.framework == "yarn":
        return dict(settings, **{"mapreduce.am.max-attempts": "1"})
    return dict(
        settings,
        **{
            "mapreduce.local.map.tasks.maximum": str(run.spark.sparkContext.defaultParallelism),
            "mapreduce.cluster.local.dir": run.local,
            "mapreduce.jobtracker.staging.root.dir": run.local,
            "hadoop.tmp.dir": run.local,
            "fs.defaultFS": "file:///",
        },
    )


@contextlib.contextmanager
def _loading(spark: Any, loader: Any) -> Iterator[None]:
    """Let Hadoop find the classes: its threads inherit the loader of the one that begins the job."""
    thread = spark.sparkContext._jvm.java.lang.Thread.currentThread()  # noqa: SLF001 -- as above
    before = thread.getContextClassLoader()
    thread.setContextClassLoader(loader)
    try:
        yield
    finally:
        thread.setContextClassLoader(before)


def _job(run: MapReduce, settings: Dict[str, str], place: str) -> Any:
    jvm = run.spark.sparkContext._jvm  # noqa: SLF001 -- as above
    conf = _configuration(run.spark)
    conf.setClassLoader(run.loader)
    for name, value in settings.items():
        conf.set(name, value)
    job = jvm.org.apache.hadoop.mapreduce.Job.getInstance(conf, run.spark.sparkContext.appName)
    text = run.loader.loadClass("org.apache.hadoop.io.Text")
    job.setMapperClass(run.loader.loadClass(mapreduce_code.MAPPER))
    job.setReducerClass(run.loader.loadClass(mapreduce_code.REDUCER))
    job.setOutputKeyClass(text)
    job.setOutputValueClass(text)
    job.setNumReduceTasks(1)
    if run.jar:
        job.setJar(run.jar)
    path, lib = jvm.org.apache.hadoop.fs.Path, jvm.org.apache.hadoop.mapreduce.lib
    lib.input.FileInputFormat.addInputPath(job, path(run.rows.uri))
    lib.output.FileOutputFormat.setOutputPath(job, path(place))
    return job


def _wait(job: Any) -> None:
    """Run the job to its end; raises WorkerError when it fails or does not begin."""
    from py4j.protocol import Py4JJavaError

    try:
        job.submit()
        _require_begun(job)
        while not job.isComplete():
            time.sleep(LOOK)
        if not job.isSuccessful():
            raise WorkerError("the MapReduce job failed: {}".format(job.getStatus().getFailureInfo() or job.getJobID()))
    except Py4JJavaError as error:
        cause = error.java_exception
        raise WorkerError(
            "Hadoop could not run the MapReduce job: {}".format(cause.toString().splitlines()[0].split(";")[0])
        ) from error


def _require_begun(job: Any) -> None:
    deadline = time.monotonic() + ROOM
    while job.getJobState().toString() == "PREP" and not job.isComplete():
        if time.monotonic() > deadline:
            job.killJob()
            raise WorkerError("the cluster had no room for the MapReduce job within {:.0f} s".format(ROOM))
        time.sleep(LOOK)
