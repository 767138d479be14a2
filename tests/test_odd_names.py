"""Names with everything in them that a file name can hold, through the real command line on a fake engine.

What is printed and what is read line by line stays line by line, nothing but text gets to a terminal, results are found
again, and a command that is told can be pasted.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from analyzer.call import analysis as pipeline
from analyzer.cli import main as cli
from analyzer.errors import AnalyzerError, ExitCode, one_line, pasted, visible, visible_json
from analyzer.files import own_folder
from analyzer.library import workers
from analyzer.people.voices.known_voices import MODEL
from tests.fake_analyzer import Told
from tests.library_folders import SHORT, small

LINE_ENDS = "a\nb\rc\vd\fe\x1cf\x1dg\x1eh\x85i\u2028j\u2029k.wav"
ESCAPES = "\x1b[2J\x1b]0;title\x07\x1b]52;c;cm0=\x07\x9b31m\x1b]8;;x.example\x1b\\x\x7f.wav"
ODD = {
    "line ends": LINE_ENDS,
    "escapes": ESCAPES,
    "reordered": "\u202egpj.exe\u2066x\u2069\u200b\ufeff\u061c.wav",
    "no UTF-8": os.fsdecode(b"\xff\xfecall\x9b\xe9.wav"),
    "shell": "'\"`$(touch hit)`;|&<>*?!#~ {a,b}\\n.wav",
    "dashes": "--out=-rf.wav",
    "blanks": "  two  blanks .wav ",
    "dots": "...wav",
    "a dot": "..wav",
    "dots alone": "....",
    "hidden": ".wav",
    "markup": "[bold]x[;] <script>alert(1)<script> **x** [x](y) --> =1+1.wav",
    "long": "x" * 240 + ".wav",
}
HARMLESS = "00 harmless.wav"
SHOWN = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u061c\u200b\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
"""What must never be printed: everything that ends a line but `\\n`, that a terminal obeys, or that reorders it."""


@dataclass
class Desk:
    """A folder of recordings, and the command line over it in this process, which is quicker than one for each."""

    home: Path
    engine: Told

    @property
    def calls(self) -> Path:
        return self.home / "calls"

    @property
    def out(self) -> Path:
        return self.home / "out"

    def run(self, *arguments: str | Path, codes: tuple[int, ...] = (0,)) -> str:
        """What a command prints on stdout; on both streams there is nothing but text, and no fault of ours."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(sys, "argv", ["analyzer", *map(str, arguments)])
            patched.setattr(sys, "stdout", out)
            patched.setattr(sys, "stderr", err)
            patched.setattr(signal, "signal", lambda *_: None)
            with pytest.raises(SystemExit) as ended:
                cli.main()
        printed, told = (stream.buffer.getvalue().decode() for stream in (out, err))  # type: ignore[attr-defined]
        assert ended.value.code in codes, (arguments, printed, told)
        assert not SHOWN.search(printed), (arguments, SHOWN.search(printed), printed)
        assert not SHOWN.search(told), (arguments, SHOWN.search(told), told)
        assert "internal error" not in printed + told
        return printed


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    engine = Told(SHORT, MODEL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANALYZER_VOICES", str(tmp_path / "voices"))
    monkeypatch.setenv("ANALYZER_MIN_FREE_MB", "0")
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setenv("FAKE_ASKED", str(tmp_path / "asked"))
    monkeypatch.setattr(pipeline, "LocalEngine", lambda **_: engine)
    monkeypatch.setattr(workers, "Processes", lambda settings, jobs: workers.Inline(lambda _: engine, settings))
    (tmp_path / "calls").mkdir()
    return Desk(tmp_path, engine)


def pasted_into_bash(desk: Desk, command: str) -> list[bytes]:
    """The words that bash makes of a command."""
    script = f'printf "%s\\0" {command}'
    done = subprocess.run(["bash", "-c", script], cwd=desk.home, capture_output=True, check=True)
    return done.stdout.split(b"\0")[:-1]


@pytest.mark.parametrize("name", ODD.values(), ids=ODD)
def test_a_call_of_any_name_is_reported_named_exported_and_found_again(desk: Desk, name: str) -> None:
    call = small(desk.calls / HARMLESS, 1).rename(desk.calls / name)
    spoken = f"./calls/{name}"
    desk.run("report", spoken, "--out", "out")
    (folder,) = [found for found in desk.out.iterdir() if (found / "call.json").exists()]
    asked = (desk.home / "asked").read_text()
    shown = desk.run("name", spoken, f"S2=Ann {one_line(name)[:20]}", "--out", "out")
    assert (desk.home / "asked").read_text() == asked  # the results were found again: no model ran
    for line in shown.splitlines():
        if line.strip().startswith("analyzer ") and "plan new" in line:
            words = pasted_into_bash(desk, line.strip())
            assert os.fsencode(call) == os.path.normpath(desk.home / os.fsdecode(words[-1])).encode(
                "utf-8", "surrogateescape"
            )
    desk.run("debrief", spoken, "--out", "out", "--answers", answers(desk))
    for to in ("rttm", "vtt", "srt", "csv", "json", "audacity", "textgrid"):
        file = desk.home / f"call.{to}"
        desk.run("export", spoken, "--to", to, "--out", "out", "--file", file)
        whole(to, file)
    for written in ("debrief.md", "turns.rttm", "transcript.vtt", "debrief.html"):
        text = (folder / written).read_text(encoding="utf-8")
        assert not SHOWN.search(text), (written, SHOWN.search(text))
    assert "<script>alert" not in (folder / "debrief.html").read_text(encoding="utf-8")


def answers(desk: Desk) -> Path:
    path = desk.home / "answers.toml"
    path.write_text('went_well = "All of it"\n')
    return path


def whole(to: str, file: Path) -> None:
    """The export can be read by the rules of its format."""
    raw = file.read_bytes()
    if to == "json":
        json.loads(raw)
        return
    text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    assert not SHOWN.search(text.replace("\r\n", "\n").replace("\t", " " if to == "audacity" else "\t"))
    if to == "rttm":
        assert {len(line.split(" ")) for line in text.splitlines()} == {10}
    if to == "csv":
        rows = list(csv.reader(io.StringIO(text, newline="")))
        assert {len(row) for row in rows} == {7}
        assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@")]
    if to == "audacity":
        assert {len(line.split("\t")) for line in text.splitlines()} == {3}
    if to == "vtt":
        assert text.count("-->") == len(re.findall(r"^[\d:.]+ --> [\d:.]+", text, re.MULTILINE))


def test_a_folder_of_odd_names_goes_through_a_batch_a_night_and_the_library(desk: Desk) -> None:
    for i, name in enumerate(ODD.values()):
        small(desk.calls / HARMLESS, i).rename(desk.calls / name)
        (desk.calls / f"broken {name[-240:]}").write_bytes(b"no sound %d" % i)
    below = desk.calls / "\x1b[31mfolder\n\u202e"
    small(desk.calls / HARMLESS, 99)
    below.mkdir()
    (desk.calls / HARMLESS).rename(below / "call.wav")
    desk.run("batch", desk.calls, "--out", "out", "--settle", "0", codes=(4,))
    lines = desk.run("batch", desk.calls, "--out", "out", "--settle", "0", "--json", codes=(4,))
    told = [json.loads(line) for line in lines.splitlines()]
    assert all(one["event"] == "failed" for one in told)
    failures = desk.run("library", "failures", "--out", "out").split("\n")[:-1]
    assert len(failures) % 2 == 0  # a line for the recording, and one for the reason
    assert all(line.startswith("  tried ") for line in failures[1::2])
    assert any("\\n" in line for line in failures[::2])
    desk.run("library", "clear", failures[0], "--out", "out")  # as it is listed
    desk.run("library", "check", "--out", "out")
    desk.run("trends", "--out", "out")
    json.loads(desk.run("trends", "--out", "out", "--json"))
    night = desk.run("nightly", desk.calls, "--out", "out", "--settle", "0", codes=(0, 4))
    assert "## Set aside" in night or "## Failed" in night
    desk.run("nightly", desk.calls, "--out", "out", "--dry-run", "--forget-after", "1d")
    for written in [*desk.out.glob("*.html"), *desk.out.glob("*.md")]:
        assert not SHOWN.search(written.read_text(encoding="utf-8").replace("\t", " ")), written
    asked = (desk.home / "asked").read_text()
    desk.run("batch", desk.calls, "--out", "out", "--settle", "0", codes=(4,))
    assert (desk.home / "asked").read_text() == asked  # every result is found again


@pytest.mark.parametrize("name", [LINE_ENDS, ESCAPES, ODD["reordered"], ODD["no UTF-8"], ODD["dashes"]])
@pytest.mark.parametrize(
    "words",
    [
        ["report"],
        ["name", "S1=x", "--undo"],
        ["export", "--to", "vtt"],
        ["export", "calls", "--to"],
        ["plan", "check"],
        ["batch"],
        ["nightly"],
        ["people", "forget"],
        ["people", "patterns"],
        ["people", "add"],
        ["library", "check", "--catalog"],
        ["library", "clear"],
        ["models", "verify"],
        ["trends", "--since"],
        [],
    ],
    ids=" ".join,
)
def test_what_is_wrong_with_an_odd_name_is_told_in_plain_lines(desk: Desk, words: list[str], name: str) -> None:
    desk.run(*words, name, codes=tuple(set(ExitCode) - {ExitCode.INTERNAL, ExitCode.INTERRUPTED}))


def test_an_error_is_one_line_whatever_is_in_it() -> None:
    for name in ODD.values():
        error = AnalyzerError(f"a library says\n {name}", where=name, todo=f"Look at\r\n{name}")
        assert not SHOWN.search(error.line())
        assert "\n" not in error.line()
    assert visible("a\nb\x9b\u202e") == "a\\nb\\x9b\\u202e"
    assert visible(os.fsdecode(b"\xff")) == "\\xff"
    assert json.loads(visible_json(json.dumps(ESCAPES, ensure_ascii=False))) == ESCAPES


@pytest.mark.parametrize("name", ODD.values(), ids=ODD)
def test_a_name_that_is_told_can_be_pasted_into_a_shell(tmp_path: Path, name: str) -> None:
    assert not SHOWN.search(pasted(name))
    script = f'printf "%s" {pasted(name)}'.encode("utf-8", "surrogateescape")
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout == os.fsencode(name)
    assert not list(tmp_path.iterdir())


# Where the process stands: streams, the current folder, the home

PROGRAM = f'"{sys.executable}" -m analyzer'


def shell(script: str, home: Path, **more: object) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ("HOME", "ANALYZER_VOICES")}
    environment |= {"PYTHONPATH": str(Path(__file__).parents[1]), "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {name: str(value) for name, value in more.items() if value is not None}
    for name in [name for name, value in more.items() if value is None]:
        environment.pop(name, None)
    return subprocess.run(["bash", "-c", script], cwd=home, env=environment, capture_output=True, text=True)


def test_closed_and_full_outputs_and_a_folder_that_is_gone_are_a_line_or_quiet(tmp_path: Path) -> None:
    closed = shell(f"{PROGRAM} models list >&-", tmp_path)
    assert (closed.returncode, closed.stdout, closed.stderr) == (0, "", "")
    shut = shell(f"{PROGRAM} report nothing.wav 2>&- <&-", tmp_path)
    assert (shut.returncode, shut.stdout) == (ExitCode.UNREADABLE_INPUT, "")
    full = shell(f"{PROGRAM} models list > /dev/full", tmp_path)
    assert full.returncode == ExitCode.LIBRARY
    assert full.stderr == "analyzer: output: No space left on device. Check that it can be read and written.\n"
    gone = shell(f"mkdir gone; cd gone; rmdir ../gone; {PROGRAM} library check", tmp_path)
    assert gone.returncode == ExitCode.LIBRARY
    assert re.fullmatch(r"analyzer: the current folder is gone.*\n", gone.stderr.splitlines(True)[-1])
    assert "Traceback" not in gone.stderr
    plain = shell(f"{PROGRAM} report Zoë.wav", tmp_path, LC_ALL="C", PYTHONIOENCODING="ascii")
    assert plain.returncode == ExitCode.UNREADABLE_INPUT
    assert plain.stderr.isascii()
    assert plain.stderr.count("\n") == 1


def test_a_reader_that_goes_away_ends_the_program_without_a_word(tmp_path: Path) -> None:
    done = shell(f"{PROGRAM} models list | true; echo ${{PIPESTATUS[0]}}", tmp_path)
    assert (done.stdout, done.stderr) == ("141\n", "")


def test_a_worker_that_is_gone_does_not_take_the_program_along(tmp_path: Path) -> None:
    """Inside a command a pipe without a reader is an error that can be caught, and no signal that ends everything."""
    script = (
        "import multiprocessing, analyzer.cli.main as cli\n"
        "def command(standalone_mode):\n"
        "    ours, theirs = multiprocessing.Pipe()\n"
        "    theirs.close()\n"
        "    try:\n"
        "        ours.send(1)\n"
        "    except OSError:\n"
        "        print('told')\n"
        "cli.app = command\n"
        "cli.main()\n"
    )
    (tmp_path / "script.py").write_text(script)
    done = shell(f'"{sys.executable}" script.py', tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "told\n", "")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root becomes a user without a home")
def test_a_user_without_a_home_has_no_voices_and_is_told_what_to_name(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    for above in tmp_path.parents:
        if above.stat().st_uid == os.geteuid() and above not in (Path("/"), Path("/tmp")):
            above.chmod(above.stat().st_mode | 0o055)
    stranger = "setpriv --reuid=65533 --regid=65533 --clear-groups"
    if shell(f'{stranger} "{sys.executable}" -c "import analyzer"', tmp_path).returncode:
        pytest.skip("that user may not read this checkout or its environment")
    listed = shell(f"{stranger} {PROGRAM} people list", tmp_path, HOME=None)
    assert (listed.returncode, listed.stdout) == (0, "")
    assert listed.stderr.count("\n") == 1
    added = shell(f"{stranger} {PROGRAM} people add 'Ann Lee' clip.wav", tmp_path, HOME=None)
    assert added.returncode == ExitCode.LIBRARY
    assert added.stderr.count("\n") == 1
    assert "ANALYZER_VOICES=" in added.stderr
    assert not list(tmp_path.iterdir())  # no folder called ~
    look = "from pathlib import Path; from analyzer.call.folder import CallFolder; "
    look += "from analyzer.debrief.conversation import answers; "
    look += "print(len(answers.drafts(CallFolder(Path()), '0')))"
    drafts = shell(f'{stranger} "{sys.executable}" -c "{look}"', tmp_path, HOME=None)
    assert drafts.stdout == "2\n", drafts.stderr  # with the call, and where everybody may write


def test_a_relative_data_folder_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANALYZER_VOICES")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", "here")
    assert own_folder("ANALYZER_VOICES", "voices") == tmp_path / ".local" / "share" / "analyzer" / "voices"
