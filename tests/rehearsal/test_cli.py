import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from launcher import __version__, targets
from rehearsal import processes
from tests.rehearsal.tiny import DIES, SECRET, SLOW

Begin = Callable[..., "subprocess.Popen[str]"]
Rehearse = Callable[..., "subprocess.CompletedProcess[str]"]


def folder(home: Path, cloud: str = "tiny") -> Path:
    return home / "rehearsal" / cloud


def pids(home: Path, cloud: str = "tiny") -> set[int]:
    return {process.pid for process in processes.living(folder(home, cloud))}


def server(home: Path) -> int:
    return processes.named(folder(home))["server"]


def wait_for(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_up_says_how_to_use_the_cloud_and_leaves_it_running(home: Path, rehearse: Rehearse) -> None:
    ended = rehearse("up", "tiny")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == ""
    assert 'eval "$(rehearsal env tiny)"' in ended.stderr
    assert "launcher submit kmeans --cloud tiny" in ended.stderr
    assert len(pids(home)) == 2


def test_the_variables_lead_the_launcher_to_the_cloud(
    home: Path, rehearse: Rehearse, monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearse("up", "tiny")
    exports = rehearse("env", "tiny").stdout
    given = subprocess.run(
        ["bash", "-c", f'{exports}\nprintf "%s\\n" "$FIRESTEEL_CONFIG" "$TINY_SECRET" "$PATH"'],
        capture_output=True,
        text=True,
        check=True,
    )
    config, secret, path = given.stdout.splitlines()
    assert secret == SECRET
    assert path == f"{folder(home)}/it's bin:{os.environ['PATH']}"
    monkeypatch.setenv("FIRESTEEL_CONFIG", config)
    assert targets.clusters()["tiny"]["staging"] == f"file://{folder(home)}/staging"


def test_a_second_up_starts_nothing(home: Path, rehearse: Rehearse) -> None:
    rehearse("up", "tiny")
    before = pids(home)
    again = rehearse("up", "tiny")
    assert (again.returncode, pids(home)) == (0, before)
    assert "tiny: is up already" in again.stderr


def test_two_ups_at_once_start_one_cloud(home: Path, begin: Begin) -> None:
    both = [begin("up", "tiny") for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert len(pids(home)) == 2


def test_down_leaves_no_process_and_no_file(home: Path, rehearse: Rehearse) -> None:
    rehearse("up", "tiny", "other")
    ended = rehearse("down", "tiny", "other")
    assert ended.returncode == 0, ended.stderr
    assert pids(home) | pids(home, "other") == set()
    assert sorted(entry.name for entry in home.iterdir()) == ["cache"]


def test_down_without_names_ends_every_cloud(home: Path, rehearse: Rehearse) -> None:
    rehearse("up", "tiny", "other")
    rehearse("down")
    assert pids(home) | pids(home, "other") == set()


def test_down_of_one_cloud_leaves_the_other(home: Path, rehearse: Rehearse, monkeypatch: pytest.MonkeyPatch) -> None:
    rehearse("up", "tiny", "other")
    rehearse("down", "tiny")
    assert len(pids(home, "other")) == 2
    monkeypatch.setenv("FIRESTEEL_CONFIG", str(home / "rehearsal" / "launcher.toml"))
    assert set(targets.clusters()) == {"local", "other"}


def test_down_ends_children_whose_parent_was_killed(home: Path, rehearse: Rehearse) -> None:
    rehearse("up", "tiny")
    os.kill(server(home), signal.SIGKILL)
    wait_for(lambda: len(pids(home)) == 1)
    rehearse("down", "tiny")
    assert pids(home) == set()


def test_down_ends_processes_whose_folder_was_removed(home: Path, rehearse: Rehearse) -> None:
    rehearse("up", "tiny")
    subprocess.run(["rm", "-r", folder(home)], check=True)
    rehearse("down", "tiny")
    assert pids(home) == set()


def test_down_twice_is_no_error(rehearse: Rehearse) -> None:
    assert rehearse("down").returncode == 0


def test_status_names_the_process_that_ended_and_up_repairs(home: Path, rehearse: Rehearse) -> None:
    rehearse("up", "tiny")
    os.kill(server(home), signal.SIGKILL)
    wait_for(lambda: len(pids(home)) == 1)
    broken = rehearse("status")
    assert broken.returncode == 1
    assert "broken" in broken.stdout
    assert "ended: server" in broken.stdout
    assert rehearse("up", "tiny").returncode == 0
    assert (rehearse("status").returncode, len(pids(home))) == (0, 2)


def test_status_as_json_gives_addresses(rehearse: Rehearse) -> None:
    rehearse("up", "tiny", "--chaos", "seed=7,slow=0.1")
    found = json.loads(rehearse("status", "--json").stdout)
    assert found["absent"]["state"] == "down"
    assert found["tiny"]["state"] == "up"
    assert found["tiny"]["chaos"] == "seed=7,slow=0.1"
    assert found["tiny"]["addresses"]["server"].startswith("http://127.0.0.1:")


def test_a_cloud_that_is_up_does_not_change_its_faults(rehearse: Rehearse) -> None:
    rehearse("up", "tiny")
    refused = rehearse("up", "tiny", "--chaos", "seed=1")
    assert refused.returncode == 2
    assert "rehearsal down tiny" in refused.stderr


def test_the_nodes_have_the_interpreter_that_is_named(home: Path, rehearse: Rehearse, tmp_path: Path) -> None:
    other = tmp_path / "python"
    other.symlink_to(sys.executable)
    assert rehearse("up", "tiny", "--python", str(other)).returncode == 0
    assert f'python = "{other}"' in (folder(home).parent / "launcher.toml").read_text(encoding="utf-8")
    assert rehearse("up", "tiny").returncode == 0
    refused = rehearse("up", "tiny", "--python", sys.executable)
    assert (refused.returncode, len(pids(home))) == (2, 2)
    assert f"is up with another Python: {other}" in refused.stderr


@pytest.mark.parametrize("python", ["nowhere/python", __file__])
def test_what_is_no_interpreter_is_refused_before_anything_starts(home: Path, rehearse: Rehearse, python: str) -> None:
    assert rehearse("up", "tiny", "--python", python).returncode == 2
    assert not folder(home).exists()


def test_a_cloud_that_does_not_start_says_why_and_leaves_no_process(home: Path, rehearse: Rehearse) -> None:
    ended = rehearse("up", "tiny", "--chaos", DIES)
    assert ended.returncode == 6
    assert "no disk is left" in ended.stderr
    assert pids(home) == set()
    assert "no disk is left" in (folder(home) / "log" / "server.log").read_text(encoding="utf-8")
    assert rehearse("up", "tiny").returncode == 0


def test_one_cloud_that_does_not_start_does_not_keep_another_down(home: Path, rehearse: Rehearse) -> None:
    ended = rehearse("up", "absent", "tiny")
    assert ended.returncode == 6
    assert "absent: the rehearsal cloud 'absent' is not part of this installation" in ended.stderr
    assert len(pids(home)) == 2


@pytest.mark.parametrize(
    ("chaos", "said"),
    [("seed=7,trottle=0.1", "no switch 'trottle'"), ("throttle=0.1", "no seed"), ("17,slow=2", "slow=2")],
)
def test_mistyped_faults_are_refused_before_anything_starts(
    home: Path, rehearse: Rehearse, chaos: str, said: str
) -> None:
    refused = rehearse("up", "tiny", "--chaos", chaos)
    assert (refused.returncode, pids(home)) == (2, set())
    assert said in refused.stderr
    assert not folder(home).exists()


def test_an_unknown_cloud_is_a_usage_error_that_names_the_known(rehearse: Rehearse) -> None:
    ended = rehearse("up", "gpc")
    assert ended.returncode == 2
    assert "aws, gcp, azure" in ended.stderr


def test_the_variables_of_a_cloud_that_is_down_are_refused(rehearse: Rehearse) -> None:
    ended = rehearse("env", "tiny")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "rehearsal up tiny" in ended.stderr


def test_an_interrupted_up_says_what_runs_and_how_to_end_it(home: Path, begin: Begin, rehearse: Rehearse) -> None:
    process = begin("up", "tiny", "--chaos", SLOW)
    wait_for(lambda: len(pids(home)) == 2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "tiny (2 processes)" in err
    assert "rehearsal down" in err
    rehearse("down")
    assert (pids(home), folder(home).parent.exists()) == (set(), False)


def test_an_up_that_was_killed_is_repaired_by_the_next(home: Path, begin: Begin, rehearse: Rehearse) -> None:
    process = begin("up", "tiny", "--chaos", SLOW)
    wait_for(lambda: len(pids(home)) == 2)
    before = pids(home)
    process.kill()
    process.wait()
    assert "interrupted start" in rehearse("status").stdout
    assert rehearse("up", "tiny").returncode == 0
    assert len(pids(home)) == 2
    assert not pids(home) & before


def test_what_is_recorded_is_for_its_owner_only(home: Path, rehearse: Rehearse) -> None:
    rehearse("up", "tiny")
    assert folder(home).stat().st_mode & 0o077 == 0
    assert (folder(home) / "state.json").stat().st_mode & 0o077 == 0


def test_the_truth_is_each_clouds_own_description(rehearse: Rehearse) -> None:
    text = rehearse("truth", "tiny").stdout
    assert text.splitlines() == [
        "tiny",
        "  real          a web server",
        "  emulated      a | cloud",
        "  not imitated  everything else",
    ]


def test_the_truth_as_a_table_has_a_row_for_each_cloud(rehearse: Rehearse) -> None:
    table = rehearse("truth", "tiny", "other", "--markdown").stdout.splitlines()
    assert table[0] == "| cloud | real | emulated | not imitated |"
    assert table[2:] == [f"| {name} | a web server | a \\| cloud | everything else |" for name in ("tiny", "other")]


def test_the_version_is_the_launchers(rehearse: Rehearse) -> None:
    assert rehearse("--version").stdout == f"rehearsal, version {__version__}\n"


def test_help_shows_commands_that_can_be_typed(rehearse: Rehearse) -> None:
    text = rehearse("--help").stdout
    lines = [line.strip() for line in text.splitlines() if line.strip().startswith("rehearsal ")]
    assert {shlex.split(line)[1] for line in lines} == {"up", "down"}


def test_prepare_makes_the_real_parts_and_starts_nothing(home: Path, rehearse: Rehearse) -> None:
    ended = rehearse("prepare", "tiny")
    assert (ended.returncode, ended.stdout) == (0, "")  # it has none
    assert pids(home) == set()


def test_a_home_below_a_path_with_a_space_is_refused_before_anything_starts(tmp_path: Path, rehearse: Rehearse) -> None:
    ended = rehearse("up", "tiny", home=tmp_path / "a home")
    assert ended.returncode != 0
    assert "no job runs on a YARN below a path with a space" in ended.stderr
    assert "FIRESTEEL_HOME=" in ended.stderr
    assert not (tmp_path / "a home" / "rehearsal" / "tiny").exists()
