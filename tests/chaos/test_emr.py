from pathlib import Path

from tests.chaos.seeds import assert_told_alike, assert_told_right, each_seed
from tests.rigs import emr


@each_seed
def test_no_run_is_lost_or_doubled_or_told_wrong(seed: int, tmp_path: Path) -> None:
    assert_told_right("emr", emr.scripted, seed, tmp_path)


def test_a_seed_tells_the_same_story_with_the_same_faults_again(tmp_path: Path) -> None:
    assert_told_alike("emr", emr.scripted, tmp_path)
