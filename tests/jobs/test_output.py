import time

import pytest

from jobs.output import Output


def test_the_seconds_of_a_phase_add_up_also_when_it_fails() -> None:
    seconds = {"session": 1.5}
    output = Output(None, "file:///nowhere", seconds)
    for _ in range(2):
        with output.phase("read"):
            time.sleep(0.01)
    with pytest.raises(ValueError, match="broken"), output.phase("compute"):
        raise ValueError("broken")
    assert 0.02 <= seconds["read"] < 1
    assert list(seconds) == ["session", "read", "compute"]
