"""A job names the interpreter of the service's image, and gets the one that is here."""

import time
from pathlib import Path

import pytest

from rehearsal import processes, state
from rehearsal.clouds import Running
from rehearsal.image_runner import ImageRunner
from rehearsal.yarn import Yarn

IMAGE, OURS = "/usr/bin/python3.11", "/opt/ours/bin/python"
# A spark-submit that prints what it is told.
ECHO = Yarn(web="", logs="", spark_submit="/bin/echo", env={})


@pytest.mark.parametrize("up", [True, False])
def test_the_images_python_is_the_nodes_own_once_the_cloud_is_up(cloud_folder: Path, up: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    if up:
        running = Running(cluster={"python": OURS}, env={}, addresses={})
        state.write(cloud_folder, state.Record(running=running, chaos=None, processes={}))
    runner = ImageRunner(ECHO, cloud_folder, image=IMAGE)
    runner.start("a", ["--conf", f"spark.pyspark.python={IMAGE}", "main.py"])
    deadline = time.monotonic() + 10
    while runner.exit_code("a") is None and time.monotonic() < deadline:
        time.sleep(processes.POLL)
    assert f"spark.pyspark.python={OURS if up else IMAGE} main.py" in runner.output("a").decode()
