"""A server that is killed at random moments of writing: what a browser was told is kept stays, all files are whole."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from analyzer.call.folder import CallFolder
from analyzer.debrief.results import read_call
from tests.serve.site import Site

KILLS = int(os.environ.get("ANALYZER_ROUNDS", "20"))


def started(site: Site) -> tuple[subprocess.Popen[str], str]:
    """A server process and its address, once it answers."""
    command = [sys.executable, "-m", "analyzer", "serve", "--out", str(site.out), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    found = re.search(r"http://\S+", process.stdout.readline())
    assert found is not None
    return process, found[0].rstrip("/")


def asked(address: str, fields: dict[str, str] | None = None) -> str:
    data = urllib.parse.urlencode(fields).encode() if fields is not None else None
    with urllib.request.urlopen(address, data, timeout=60) as answer:
        return str(answer.read().decode())


@pytest.mark.slow
def test_nothing_that_a_browser_was_told_is_kept_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.known.close()
    rng, told, writing = random.Random(7), "S3", 0
    for _ in range(KILLS):
        process, address = started(site)
        page = f"{address}{site.call}/who"
        # A child that kills the server after a random part of what it does next, so that no clock is waited for.
        for write in range(rng.randint(1, 3)):
            hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', asked(page)))
            writing += 1
            name = f"Marcus Webb {writing}"
            if write == 0:
                last = subprocess.Popen(
                    [sys.executable, "-c", KILLER, str(process.pid), str(rng.uniform(0.0, 0.8)), page]
                )
            try:
                asked(page, hidden | {"name.S3": name})
                told = name
            except OSError:  # it was killed before it could say so; whether it is kept is open
                break
        last.wait()
        process.wait()
        kept = CallFolder(site.folder.path).corrections()
        names = [change.names["S3"] for change in kept if "S3" in change.names]
        assert names[-1:] == [told] or told in names or told == "S3", (told, names)
        assert len(names) == len(set(names))
        read_call(CallFolder(site.folder.path))  # whole
    process, address = started(site)
    shown = asked(page := f"{address}{site.call}/who")
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', shown))
    asked(page, hidden | {"role.S3": "manager"})  # which sweeps up what killed writes left
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert f'value="{names[-1]}"' in shown
    assert read_call(CallFolder(site.folder.path)).label("S3") == names[-1]
    assert not [path for path in site.folder.path.iterdir() if path.name.startswith(".analyzer-")]


KILLER = "import os, signal, sys, time; time.sleep(float(sys.argv[2])); os.kill(int(sys.argv[1]), signal.SIGKILL)"
