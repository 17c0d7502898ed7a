import signal
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import psutil
import pytest

from rehearsal import processes, state
from rehearsal.errors import ProcessDied

ROOT = Path(__file__).resolve().parents[2]


def test_a_process_that_ends_while_it_starts_shows_its_last_words(cloud_folder: Path) -> None:
    process = processes.start(cloud_folder, "server", ["sh", "-c", "echo no such disk >&2; exit 3"])
    with pytest.raises(ProcessDied, match="no such disk") as caught:
        processes.wait_port(process, 1)
    assert str(cloud_folder / "log" / "server.log") in caught.value.hint


def test_a_program_that_is_not_there_is_named(cloud_folder: Path) -> None:
    process = processes.start(cloud_folder, "server", ["no-such-program"])
    with pytest.raises(ProcessDied, match="no-such-program"):
        processes.wait_port(process, 1)


def test_a_process_that_never_becomes_ready_is_given_up(cloud_folder: Path) -> None:
    process = processes.start(cloud_folder, "server", ["sleep", "1000"])
    with pytest.raises(ProcessDied, match="server was not ready after 0 s"):
        processes.wait_until(process, lambda: False, patience=0.1)


def test_the_end_of_a_process_beside_the_one_that_is_waited_for_is_noticed(cloud_folder: Path) -> None:
    waited = processes.start(cloud_folder, "waited", ["sleep", "1000"])
    needed = processes.start(cloud_folder, "needed", ["false"])
    with pytest.raises(ProcessDied, match="needed ended"):
        processes.wait_until(waited, lambda: False, beside=[needed])


def test_a_port_is_ready_when_something_listens(cloud_folder: Path) -> None:
    process = processes.start(cloud_folder, "server", ["sleep", "1000"])
    with socket.create_server(("127.0.0.1", 0)) as listening:
        processes.wait_port(process, listening.getsockname()[1])


def test_stop_ends_descendants_whose_parents_are_gone(cloud_folder: Path) -> None:
    script = "setsid sh -c 'sleep 1000 & sleep 1000' & exit 0"
    parent = processes.start(cloud_folder, "parent", ["sh", "-c", script])
    guard = processes.start(cloud_folder, "guard", ["sleep", "1000"])
    # The shell and its two sleeps, beside the guard.
    processes.wait_until(guard, lambda: len(processes.living(cloud_folder)) == 4 and not parent.alive, patience=60)
    assert processes.stop(cloud_folder) == 4
    assert processes.living(cloud_folder) == []


def test_stop_leaves_another_clouds_processes(cloud_folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "cloud2"
    kept = processes.start(other, "server", ["sleep", "1000"])
    processes.start(cloud_folder, "server", ["sleep", "1000"])
    processes.stop(cloud_folder)
    assert kept.alive
    assert processes.stop(other) == 1


def test_a_process_outlives_its_terminal_and_keeps_its_files_in_the_folder(cloud_folder: Path) -> None:
    process = processes.start(cloud_folder, "server", ["sleep", "1000"], env={"GIVEN": "a b"})
    found = psutil.Process(process.pid)
    processes.wait_until(process, lambda: found.cmdline()[:1] == ["sleep"])  # the shell that changes the folder is gone
    assert found.environ()["GIVEN"] == "a b"
    assert found.environ()["TMPDIR"] == str(cloud_folder / "tmp")
    assert found.cwd() == str(cloud_folder)
    assert processes.named(cloud_folder) == {"server": process.pid}
    assert psutil.Process().terminal() is None or found.terminal() is None


def test_builders_end_with_us_and_the_clouds_processes_do_not(cloud_folder: Path) -> None:
    # In a process of its own: what this one has started for other tests, a Spark for instance, is no builder.
    script = """if True:
        import subprocess, sys
        from pathlib import Path
        from rehearsal import processes
        server = processes.start(Path(sys.argv[1]), "server", ["sleep", "1000"])
        with subprocess.Popen(["sleep", "1000"], stdout=subprocess.DEVNULL) as builder:
            processes.end_builders()
            print(builder.wait(5), server.alive)
    """
    argv = [sys.executable, "-c", script, str(cloud_folder)]
    ended = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.split() == [str(-signal.SIGKILL), "True"]


def test_ports_are_given_once() -> None:
    ports = [*processes.free_ports(50), processes.free_port()]
    assert len(set(ports)) == 51


def test_what_is_published_reads_back_as_it_was() -> None:
    cluster = {"kind": "x", "count": 3, "on": True, "odd": '"q" \\ \x7f\n ü 😀', "list": ["a", 1], "in": {"a b": "c"}}
    assert tomllib.loads(state.toml({"clouds.aws": cluster}))["clouds"]["aws"] == cluster


def test_a_state_that_was_cut_off_is_no_state(cloud_folder: Path) -> None:
    (cloud_folder / "state.json").write_text('{"running": {', encoding="utf-8")
    assert state.read(cloud_folder) is None
