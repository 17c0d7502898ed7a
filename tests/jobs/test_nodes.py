import sys
from pathlib import Path
from typing import Any

import pytest

from jobs import nodes
from jobs.errors import InputError


def refusal(spark: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        nodes.require(spark, "no_such_package")
    return caught.value


def test_a_package_that_the_nodes_have_is_no_trouble(spark: Any) -> None:
    nodes.require(spark, "numpy")


def test_a_package_that_the_nodes_lack_is_told_with_interpreter_and_bootstrap_option(spark: Any) -> None:
    told = refusal(spark)
    assert told.message.startswith(f"no_such_package is not installed for {sys.executable} on ")
    assert "bootstrap the nodes with --packages no_such_package" in told.hint


def test_in_a_checkout_the_environment_for_deep_learning_is_named(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "deep" / "bin" / "python"
    (tmp_path / "setup").mkdir()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    line = f'write python = "{python}" under [clouds.local] in launcher.toml'
    assert refusal(spark).hint.startswith(f"make deep, then {line}")
    python.parent.mkdir(parents=True)
    python.touch()
    assert refusal(spark).hint.startswith(line)


def test_elsewhere_pip_brings_it(spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert refusal(spark).hint.startswith(f"{sys.executable} -m pip install no_such_package")
