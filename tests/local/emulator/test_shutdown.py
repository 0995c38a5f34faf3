"""The end of a run of the emulator."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from payflow_cfn.local.emulator.shutdown import end


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says which process is dead")
def test_a_dead_process_that_nobody_reaps_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    pauses: list[float] = []
    sleep = time.sleep

    def counted(seconds: float) -> None:
        pauses.append(seconds)
        sleep(seconds)

    monkeypatch.setattr(time, "sleep", counted)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as process:
        end(process.pid, str(folder))
        assert not folder.exists()
        assert process.returncode is None, "nobody reaped it"
    assert len(pauses) < 290, "it came to its end by itself"
