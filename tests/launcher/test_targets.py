"""From the name after --cloud to a cluster object."""

from pathlib import Path

import pytest

from launcher import targets
from launcher.backends.local import Local
from launcher.errors import CloudNotFound, ConfigError


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "some.toml"
    monkeypatch.setenv("FIRESTEEL_CONFIG", str(path))
    return path


def test_local_needs_no_configuration(home: Path) -> None:
    backend = targets.backend("local")
    assert isinstance(backend, Local)
    assert backend.staging == f"file://{home}"


def test_an_entry_for_local_changes_only_what_it_names(config: Path, home: Path) -> None:
    config.write_text("[clouds.local]\nparallel = 3\n", encoding="utf-8")
    backend = targets.backend("local")
    assert isinstance(backend, Local)
    assert (backend.parallel, backend.staging) == (3, f"file://{home}")


def test_the_flag_wins_over_the_environment_and_that_over_the_file(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text('cloud = "file"\n', encoding="utf-8")
    assert targets.chosen(None) == "file"
    monkeypatch.setenv("FIRESTEEL_CLOUD", "environment")
    assert targets.chosen(None) == "environment"
    assert targets.chosen("flag") == "flag"


def test_the_working_directorys_file_wins_over_the_users(tmp_path: Path) -> None:
    users = tmp_path / "config" / "firesteel"
    users.mkdir(parents=True)
    (users / "launcher.toml").write_text('cloud = "users"\n', encoding="utf-8")
    assert targets.chosen(None) == "users"
    (tmp_path / "launcher.toml").write_text('cloud = "here"\n', encoding="utf-8")
    assert targets.chosen(None) == "here"


def test_an_unknown_cloud_names_the_nearest(config: Path) -> None:
    config.write_text('[clouds.workshop]\nkind = "local"\nstaging = "/tmp/x"\n', encoding="utf-8")
    with pytest.raises(CloudNotFound) as caught:
        targets.backend("workshp")
    assert "--cloud workshop" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('cloud = "x"\n[clouds\n', "line 2"),
        ("[clouds.local]\nparallel = \n", "line 2"),
        ("\nclodu = 'x'\n", ":2: unknown key 'clodu'"),
        ("clouds = 3\n", ":1: clouds is no table"),
        ("\n\n[clouds]\nx = 1\n", ":4: cloud 'x' is no table"),
        ("[clouds.x]\nstaging = 'y'\n", ":1: cloud 'x' has no kind"),
        ("[clouds.local]\nkind = 'emr'\n", ":1: the cloud `local` is of kind local"),
        ("[clouds.'a b']\nkind = 'local'\n", "'a b' is no name for a cloud"),
    ],
)
def test_a_broken_file_is_named_with_the_line(config: Path, text: str, said: str) -> None:
    config.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        targets.backend("local")
    assert str(config) in caught.value.message
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("kind = 'emrr'", "kind 'emrr'"),
        ("kind = 'local'", "missing key 'staging'"),
        ("kind = 'local'\nstaging = 3", "staging = 3 is not of type str"),
        ("kind = 'local'\nstaging = 'x'\nparallel = true", "parallel = True is not of type int"),
        ("kind = 'local'\nstaging = 'x'\nparalel = 2", "unknown key 'paralel'"),
    ],
)
def test_a_cluster_object_is_checked_key_by_key(config: Path, entry: str, said: str) -> None:
    config.write_text(f"[clouds.x]\n{entry}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        targets.backend("x")
    assert said in caught.value.message


def test_a_file_that_is_not_utf8_says_where(config: Path) -> None:
    config.write_bytes(b"cloud = '\xff'\n")
    with pytest.raises(ConfigError, match="byte 9"):
        targets.chosen(None)


def test_a_configuration_that_is_named_and_missing_is_an_error(config: Path) -> None:
    with pytest.raises(ConfigError, match=str(config)):
        targets.chosen(None)
