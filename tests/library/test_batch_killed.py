"""A batch with the real models is killed at random moments: nothing is lost, doubled or different afterwards.

`ANALYZER_KILLS=50 pytest tests/library/test_batch_killed.py` is the long form.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.library_folders import cut

SAMPLES = Path(__file__).parents[2] / "samples"
KILLS = int(os.environ.get("ANALYZER_KILLS", "2"))
MOST = 8
"""Kills after which it is given up that one comes before the batch has ended."""
ANALYZER = [sys.executable, "-m", "analyzer"]


def batch(folder: Path, out: Path, *more: str) -> list[str]:
    return [*ANALYZER, "batch", str(folder), "--out", str(out), "--settle", "0", *more]


def results(out: Path) -> dict[str, dict[str, object]]:
    """Every record by its folder, without the commands to paste: they name the output folder."""
    found = {path.parent.name: json.loads(path.read_text(encoding="utf-8")) for path in out.glob("*/call.json")}
    return {name: {key: value for key, value in one.items() if key != "next_steps"} for name, one in found.items()}


@pytest.mark.slow
@pytest.mark.models
def test_a_batch_killed_at_any_moment_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    folder = tmp_path / "calls"
    folder.mkdir()
    for number, (name, start) in enumerate((("led-call", 0.0), ("taken-over-call", 20.0), ("led-call", 60.0))):
        cut(SAMPLES / f"{name}.ogg", folder / f"call {number}.wav", start, 25.0)
    began = time.monotonic()
    subprocess.run(batch(folder, tmp_path / "whole"), check=True, capture_output=True)
    undisturbed, took = results(tmp_path / "whole"), time.monotonic() - began
    assert len(undisturbed) == 3
    rng = random.Random(20261124)
    early = kill = 0
    while kill < KILLS or (not early and kill < MOST):
        out = tmp_path / f"killed {kill}"
        began = time.monotonic()
        running = subprocess.Popen(
            batch(folder, out, *(["--jobs", "2"] if kill % 3 == 2 else [])),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:  # what it takes changes with what else the machine does
            running.wait(rng.uniform(0.05, 0.95) * took)
            took = min(took, time.monotonic() - began)
        except subprocess.TimeoutExpired:
            pass
        if kill % 2:  # the whole group, as when a machine goes down; otherwise the driver alone
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
        else:
            running.kill()
        early += running.wait() == -signal.SIGKILL
        again = subprocess.run(batch(folder, out), capture_output=True, text=True, check=False)
        assert again.returncode == 0, again.stderr
        assert results(out) == undisturbed, f"kill {kill}"
        checked = subprocess.run(
            [*ANALYZER, "library", "check", "--out", str(out)], capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, checked.stdout
        assert "3 calls" in checked.stdout
        print(f"kill {kill}: the same results", flush=True)
        shutil.rmtree(out)
        kill += 1
    assert early > 0, "every batch had ended before it was killed: this tested nothing"
