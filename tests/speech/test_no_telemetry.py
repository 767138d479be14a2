"""Nothing leaves the machine: whole commands, watched by strace for any connection, with the real models.

Counted is every internet socket that is connected or sent to, in every process of the command, loopback too. A name
that is looked up is one (port 53), or it goes to the resolver of this machine by a socket of its own
(systemd-resolved), which is counted as well. Other sockets of this machine alone (AF_UNIX, netlink) are not: the name
service's is asked for users, too. Run by hand after any change of a pinned version: `pytest -m network`.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import shutil
import subprocess
import sys
from multiprocessing.connection import Connection
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
    "people add": ["people", "add", "Dana Reyes", "{voice}"],
    "models verify": ["models", "verify"],
    "bench": ["bench", "run", "{calls}"],
}
LINGERS = """
import atexit, time
from analyzer.cli.main import main
atexit.register(time.sleep, 12)
main()
"""
"""A command whose process stays for a while: ONNX Runtime first sends some ten seconds after a network was loaded."""
INTERNET = re.compile(
    r"(connect|sendto|sendmsg|sendmmsg)\(.*(sa_family=AF_INET6?\b|io\.systemd\.Resolve|org\.freedesktop\.resolve1)"
)
WATCHED = "trace=execve,connect,sendto,sendmsg,sendmmsg"


def watched(trace: Path) -> list[str]:
    """The start of a command line that is watched, and told in `trace`; the test skips where that cannot be."""
    if shutil.which("strace") is None:
        if os.environ.get("ANALYZER_REQUIRE_CORPUS"):
            pytest.fail("strace is not installed, and has to be here")
        pytest.skip("strace is not installed")
    # The kernel itself lets all other calls pass, so that the command keeps its speed.
    return ["strace", "-f", "--seccomp-bpf", "-qq", "-e", WATCHED, "-o", str(trace)]


def connections(trace: Path) -> list[str]:
    """The lines of a trace that are a connection."""
    lines = trace.read_text(errors="replace").splitlines()
    assert any("execve(" in line for line in lines), "strace saw no call at all"
    return [line for line in lines if INTERNET.search(line)]


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
    return {
        "call": str(calls / "call.flac"),
        "calls": str(calls),
        "voice": str(samples / "voices" / "dana-reyes-1.ogg"),
        "out": str(root / "out"),
        "home": str(root / "home"),
    }


@pytest.mark.network
@pytest.mark.models
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_connects_to_nothing(name: str, places: dict[str, str], tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    program = ["-c", LINGERS] if name == "report" else ["-m", "analyzer"]
    command = [sys.executable, *program, *(part.format(**places) for part in COMMANDS[name])]
    asked_to_report = {variable: "1" if value == "0" else "0" for variable, value in OFF.items()}
    home = {"HOME": places["home"], "XDG_CACHE_HOME": places["home"] + "/cache"}
    done = subprocess.run(
        [*watched(trace), *command],
        env=os.environ | asked_to_report | home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert connections(trace) == []
    kept = [path.name for path in Path(places["home"]).rglob("*") if path.is_file()]
    assert not set(kept) & set(LEFT_OVER)


@pytest.mark.network
def test_the_server_connects_to_nothing_while_pages_are_read(tmp_path: Path) -> None:
    import signal
    import urllib.request

    from tests.serve.site import Site

    site = Site(tmp_path)
    site.known.close()
    trace = tmp_path / "trace"
    command = [sys.executable, "-m", "analyzer", "serve", "--out", str(site.out), "--port", "0"]
    process = subprocess.Popen([*watched(trace), *command], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address = process.stdout.readline().split()[-1].rstrip("/")
    for page in ("/", "/calls?text=forty", "/people", site.call, f"{site.call}/who", f"{site.call}/sound"):
        with urllib.request.urlopen(address + page, timeout=60) as answer:
            assert answer.status == 200
    server = int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])
    os.kill(server, signal.SIGINT)
    process.wait()
    assert connections(trace) == []


LOOKS_UP = """
import socket
try:
    socket.getaddrinfo("name-that-is-nowhere.invalid", 443)
except OSError:
    pass
"""
SENDS = 'import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9))'
IN_A_CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', %r])"


@pytest.mark.network
@pytest.mark.parametrize("code", [LOOKS_UP, SENDS, IN_A_CHILD % SENDS], ids=["a name", "a packet", "by a child"])
def test_the_watch_sees_a_connection_and_a_name_that_is_looked_up(code: str, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    subprocess.run([*watched(trace), sys.executable, "-c", code], check=True)
    assert connections(trace)


@pytest.mark.network
def test_the_watch_takes_nothing_of_this_machine_alone_for_a_connection(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    code = "import socket; one, two = socket.socketpair(); one.sendmsg([b'x']); two.recv(1)"
    subprocess.run([*watched(trace), sys.executable, "-c", code], check=True)
    assert "sendmsg(" in trace.read_text()
    assert connections(trace) == []


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


def told_by(pipe: Connection) -> None:
    """What a worker process finds set."""
    pipe.send({name: os.environ.get(name) for name in OFF})


def test_a_process_that_is_started_for_work_reports_nothing_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `library/workers.py` starts them: only what they import can have set it there."""
    for name in OFF:
        monkeypatch.setenv(name, "wrong")
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    worker = context.Process(target=told_by, args=(theirs,))
    worker.start()
    try:
        assert ours.poll(60)
        assert ours.recv() == OFF
    finally:
        worker.join()


def test_a_process_of_the_bench_reports_nothing_either() -> None:
    text = PRINTS.replace("import analyzer", "import analyzer.bench.worker")
    done = subprocess.run(
        [sys.executable, "-c", text % (tuple(OFF), OFF)],
        env=os.environ | dict.fromkeys(OFF, "wrong"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "True"


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
    assert b"Microsoft/DeveloperTools/.onnxruntime" in content
    assert b"deviceid" in content
    assert b"onnxruntime.db" in content
