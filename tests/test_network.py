"""Nothing leaves the machine: whole commands, watched by strace for any connection, with the real models.

Counted is every internet socket that is connected or sent to, in every process of the command: a name that is looked
up is one, too (port 53). Sockets of this machine alone (AF_UNIX, netlink) are not. Run by hand after any change of a
pinned version: `pytest -m network`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from analyzer.audio.decode import decode
from analyzer.telemetry import LEFT_OVER, OFF, remove_left_over, switch_off
from analyzer.timeline import SAMPLE_RATE

SECONDS = 20
COMMANDS = {
    "report": ["report", "{call}", "--out", "{out}"],
    "nightly": ["nightly", "{calls}", "--out", "{out}/nightly", "--settle", "0"],
    "people add": ["people", "add", "Dana Reyes", "{call}"],
    "models verify": ["models", "verify"],
    "bench": ["bench", "run", "{calls}"],
}
INTERNET = re.compile(r"(connect|sendto|sendmsg|sendmmsg)\(.*sa_family=AF_INET6?\b.*")


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> dict[str, str]:
    """A short call with its true turns, and places to write to."""
    root = tmp_path_factory.mktemp("network")
    calls = root / "calls"
    calls.mkdir()
    sound = decode(samples / "led-call.ogg").mono()[: SECONDS * SAMPLE_RATE]
    soundfile.write(calls / "call.flac", np.asarray(sound), SAMPLE_RATE)
    turns = (samples / "led-call.rttm").read_text().splitlines()
    true = [line.split() for line in turns if float(line.split()[3]) + float(line.split()[4]) < SECONDS]
    (calls / "call.rttm").write_text("".join(" ".join([line[0], "call", *line[2:]]) + "\n" for line in true))
    return {"call": str(calls / "call.flac"), "calls": str(calls), "out": str(root / "out"), "home": str(root / "home")}


@pytest.mark.network
@pytest.mark.models
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_connects_to_nothing(name: str, places: dict[str, str], tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        if os.environ.get("ANALYZER_REQUIRE_CORPUS"):
            pytest.fail("strace is not installed, and has to be here")
        pytest.skip("strace is not installed")
    trace = tmp_path / "trace"
    watched = ["strace", "-f", "-qq", "-e", "trace=execve,connect,sendto,sendmsg,sendmmsg", "-o", str(trace)]
    command = [sys.executable, "-m", "analyzer", *(part.format(**places) for part in COMMANDS[name])]
    asked_to_report = {variable: "1" if value == "0" else "0" for variable, value in OFF.items()}
    home = {"HOME": places["home"], "XDG_CACHE_HOME": places["home"] + "/cache"}
    done = subprocess.run(
        [*watched, *command], env=os.environ | asked_to_report | home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert trace.read_text(), "strace saw no call at all"
    assert [line for line in trace.read_text().splitlines() if INTERNET.search(line)] == []
    kept = [path.name for path in Path(places["home"]).rglob("*") if path.is_file()]
    assert not set(kept) & set(LEFT_OVER)


def test_the_watch_sees_a_connection_and_a_name_that_is_looked_up() -> None:
    seen = 'connect(9, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("192.0.2.1")}, 16) = 0'
    sent = '12 sendto(5, "x", 1, 0, {sa_family=AF_INET6, sin6_port=htons(443)}, 28) = 1'
    here = 'connect(3, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT'
    assert [bool(INTERNET.search(line)) for line in (seen, sent, here)] == [True, True, False]


PRINTS = "import analyzer, os; print({name: os.environ.get(name) for name in %r} == %r)"


def test_importing_the_package_switches_reports_off_before_anything_heavy_is_imported() -> None:
    heavy = ("onnxruntime", "pyannote", "torch", "faster_whisper", "ray", "huggingface_hub")
    text = PRINTS % (tuple(OFF), OFF) + f"; import sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", text],
        env=os.environ | dict.fromkeys(OFF, "wrong"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\n")[:2] == ["True", "[]"]


def test_what_is_switched_off_cannot_be_switched_on_by_a_setting() -> None:
    environ = dict.fromkeys(OFF, "on")
    switch_off(environ)
    assert environ == OFF


def test_what_earlier_versions_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / ".cache" / "Microsoft" / "DeveloperTools" / ".onnxruntime"
    folder.mkdir(parents=True)
    for name in (*LEFT_OVER, "of somebody else"):
        (folder / name).write_text("x")
    remove_left_over({"HOME": str(tmp_path)})
    assert [path.name for path in folder.iterdir()] == ["of somebody else"]
    (folder / "of somebody else").unlink()
    remove_left_over({"XDG_CACHE_HOME": str(tmp_path / ".cache")})
    assert not folder.exists()
    remove_left_over({"HOME": str(tmp_path)})
    remove_left_over({})
    remove_left_over({"HOME": "\0"})


def test_onnx_runtime_knows_no_other_place_than_the_one_that_is_cleared() -> None:
    """A new version that keeps its reports elsewhere shows here: the names stand in its library."""
    import onnxruntime

    library = next(Path(onnxruntime.__file__).parent.glob("capi/onnxruntime_pybind11_state*"))
    content = library.read_bytes()
    assert b"ORT_DISABLE_TELEMETRY" in content
    assert b"deviceid" in content
