"""Several users on one machine: a service user makes the results, managers of a group read and correct them."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from analyzer.call.folder import CALL_FILE
from analyzer.call.folder import HEARD_FILE as HEARD
from analyzer.library.catalog.connection import FILE as CATALOG
from tests.fake_engine import recording
from tests.forked import forks
from tests.other_users import ROOT, User, need_other_users

GROUP = 61100
SERVICE = User(61001, (GROUP,))
DANA = User(61002, (GROUP,))
LEE = User(61004, (GROUP,), umask=0o022)
OUTSIDER = User(61003)

ANSWERS = """
own_lead_share = 60.0
went_well = "The offer"
observations = ["Ray asked for the price twice"]

[[commitment]]
who = "Dana Fox"
text = "Send the offer"
due = 2030-01-31
"""


@dataclass
class Machine:
    """A machine with a folder of calls and a folder of results, as an administrator prepares them."""

    root: Path
    more: dict[str, str] = field(default_factory=dict)

    @property
    def calls(self) -> Path:
        return self.root / "calls"

    @property
    def out(self) -> Path:
        return self.root / "debriefs"

    def as_user(self, user: User, *words: str | Path, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        """`analyzer WORDS`, as a user with a home of their own."""
        home = self.root / "home" / str(user.uid)
        if not home.exists():
            home.mkdir(parents=True)
            os.chown(home, user.uid, user.uid)
            home.chmod(0o700)
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        env = kept | {"HOME": str(home), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
        env |= {"ANALYZER_MIN_FREE_MB": "0", "NO_COLOR": "1"} | self.more
        env = {name: value for name, value in env.items() if value}
        ended, out, err = forks.run([str(word) for word in words], home, env, user)
        assert code is None or ended == code, f"exit {ended}\n{out}\n{err}"
        assert "Traceback" not in err, err
        return subprocess.CompletedProcess(words, ended, out, err)

    def nightly(self, user: User = SERVICE, *words: str | Path, code: int = 0) -> str:
        """A night over the calls; what it printed."""
        settle = ("--settle", "0", "--out", self.out)
        return self.as_user(user, "nightly", self.calls, *settle, *words, code=code).stdout

    def record(self) -> dict[str, object]:
        found: dict[str, object] = json.loads((self.out / "call" / CALL_FILE).read_bytes())
        return found


@pytest.fixture
def machine() -> Iterator[Machine]:
    import shutil
    import tempfile

    need_other_users()
    root = Path(tempfile.mkdtemp(prefix="shared-"))  # pytest's own folders are closed to others
    root.chmod(0o755)
    made = Machine(root)
    made.calls.mkdir()
    os.chown(made.calls, 0, GROUP)
    made.calls.chmod(0o2750)
    recording(made.calls / "call.wav")
    os.chown(made.calls / "call.wav", 0, GROUP)
    (made.calls / "call.wav").chmod(0o640)
    made.out.mkdir()
    os.chown(made.out, SERVICE.uid, SERVICE.uid)
    yield made
    shutil.rmtree(root)


def who_may(folder: Path) -> dict[str, tuple[int, str]]:
    """Group and mode of everything in a folder."""
    found = {}
    for path in (folder, *sorted(folder.rglob("*"))):
        state = path.lstat()
        found[str(path.relative_to(folder))] = (state.st_gid, oct(stat.S_IMODE(state.st_mode)))
    return found


def all_is_the_groups(folder: Path, *, folders: int = 0o2770, files: int = 0o660) -> None:
    for name, (gid, mode) in who_may(folder).items():
        expected = folders if (folder / name).is_dir() else files
        assert (gid, mode) == (GROUP, oct(expected)), name


def names_of(record: dict[str, object]) -> list[str]:
    people = record["people"]
    assert isinstance(people, list)
    return [person["name"] for person in people if person["name"]]


def test_a_manager_of_the_group_names_debriefs_and_counts_what_the_service_user_made(machine: Machine) -> None:
    machine.nightly(SERVICE, "--group", str(GROUP))
    all_is_the_groups(machine.out)
    assert (machine.out / "call" / HEARD).stat().st_uid == SERVICE.uid
    call = machine.calls / "call.wav"

    machine.as_user(
        DANA, "name", call, "S1=Dana Fox", "--salesperson", "S1", "--side", "S2=customer", "--out", machine.out
    )
    assert "Dana Fox" in names_of(machine.record())
    all_is_the_groups(machine.out)

    answers = machine.root / "home" / str(DANA.uid) / "answers.toml"
    answers.write_text(ANSWERS)
    answers.chmod(0o644)
    machine.as_user(DANA, "debrief", call, "--answers", answers, "--out", machine.out)
    assert "Send the offer" in (machine.out / "call" / "debrief.md").read_text()

    machine.as_user(LEE, "trends", "--out", machine.out)
    all_is_the_groups(machine.out)  # the page and the catalog, too
    machine.as_user(LEE, "name", call, "S2=Ray Hill", "--out", machine.out)
    all_is_the_groups(machine.out)

    machine.nightly(SERVICE)  # the folder remembers whose it is
    assert {"Dana Fox", "Ray Hill"} <= set(names_of(machine.record()))
    for user in (SERVICE, LEE):
        assert "Dana Fox" in machine.as_user(user, "trends", "--out", machine.out).stdout
        machine.as_user(user, "library", "check", "--out", machine.out)
    all_is_the_groups(machine.out)


def test_who_is_not_in_the_group_sees_nothing(machine: Machine) -> None:
    machine.nightly(SERVICE, "--group", str(GROUP))
    for path in (machine.out / "call" / HEARD, machine.out / "index.html", machine.out / CATALOG):
        assert path.exists()
        env = {"PATH": os.environ["PATH"]}
        assert "Permission denied" in OUTSIDER.run("cat", path, cwd=Path("/"), env=env, code=1).stderr
    for command in (("name", machine.out / "call", "S1=Eve Hall"), ("trends", "--out", machine.out)):
        done = machine.as_user(OUTSIDER, *command, code=None)
        assert done.returncode in (2, 7, 8)
        assert done.stdout == ""


def test_without_a_group_the_umask_decides_and_what_is_private_is_the_owners(machine: Machine) -> None:
    user = User(SERVICE.uid, (GROUP,), umask=0o022)
    machine.nightly(user)
    modes = {name: mode for name, (_, mode) in who_may(machine.out).items()}
    private = (f"call/{HEARD}", CATALOG)
    assert {modes[name] for name in private} == {"0o600"}
    assert modes["call"] == "0o755"
    assert {modes[name] for name in ("index.html", "call/debrief.html", "call/call.json")} == {"0o644"}


def test_results_from_before_are_given_to_the_group_and_nothing_else(machine: Machine) -> None:
    machine.nightly(SERVICE)
    own = machine.out / "notes.txt"
    own.write_text("mine")
    os.chown(own, SERVICE.uid, SERVICE.uid)
    own.chmod(0o600)
    (machine.out / "call" / "link").symlink_to(own)
    machine.nightly(SERVICE, "--group", str(GROUP))
    assert stat.S_IMODE(own.stat().st_mode) == 0o600
    assert own.stat().st_gid == SERVICE.uid
    own.unlink()
    (machine.out / "call" / "link").unlink()
    all_is_the_groups(machine.out)


def test_a_folder_made_for_reading_lets_the_group_read_and_not_correct(machine: Machine) -> None:
    os.chown(machine.out, SERVICE.uid, GROUP)
    machine.out.chmod(0o2750)
    machine.nightly(SERVICE, "--group", str(GROUP))
    all_is_the_groups(machine.out, folders=0o2750, files=0o640)
    before = who_may(machine.out)
    page = DANA.run("cat", machine.out / "call" / "debrief.html", cwd=Path("/"), env={"PATH": os.environ["PATH"]})
    assert "<html" in page.stdout
    done = machine.as_user(DANA, "name", machine.out / "call", "S1=Dana Fox", code=8)
    assert done.stderr.count("\n") == 1
    assert "Check who may write" in done.stderr
    assert who_may(machine.out) == before


@pytest.mark.parametrize(("group", "says"), [("unknown-here", "there is no group"), ("61555", "is not in the group")])
def test_a_group_that_is_not_known_or_not_the_users_is_wrong_use(machine: Machine, group: str, says: str) -> None:
    for command in (("nightly", machine.calls), ("batch", machine.calls), ("report", machine.calls / "call.wav")):
        done = machine.as_user(SERVICE, *command, "--group", group, "--out", machine.out, code=2)
        assert says in done.stderr
        assert done.stderr.count("\n") == 1
    assert not list(machine.out.iterdir())


def test_another_users_folder_is_not_given_to_a_group(machine: Machine) -> None:
    machine.out.chmod(0o777)
    done = machine.as_user(
        DANA, "report", machine.calls / "call.wav", "--group", str(GROUP), "--out", machine.out, code=8
    )
    assert "cannot be given to the group 61100 (it is another user's). Let its owner do it" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_home_is_not_given_to_a_group(machine: Machine) -> None:
    home = machine.root / "home" / str(DANA.uid)
    done = machine.as_user(DANA, "report", machine.calls / "call.wav", "--group", str(GROUP), "--out", home, code=2)
    assert "is no folder for results alone" in done.stderr
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_the_group_can_stand_in_the_environment_and_in_the_users_file(machine: Machine) -> None:
    machine.more = {"ANALYZER_GROUP": str(GROUP)}
    machine.as_user(SERVICE, "report", machine.calls / "call.wav", "--out", machine.out)
    all_is_the_groups(machine.out)


# Voices

VOICED = """
[[person]]
name = "Dana Fox"
role = "salesperson"
voices = ["dana.wav"]
"""


def notes_of(record: dict[str, object]) -> list[str]:
    notes = record["notes"]
    assert isinstance(notes, list)
    return [note for note in notes if "voice" in note]


def voiced(machine: Machine) -> None:
    """A roster that names a clip, so that a voice is to be made and kept."""
    (machine.calls / "team.toml").write_text(VOICED)
    recording(machine.calls / "dana.wav", 12.0)
    for name in ("team.toml", "dana.wav"):
        os.chown(machine.calls / name, 0, GROUP)
        (machine.calls / name).chmod(0o640)


@pytest.mark.parametrize(
    "which", ["another user's", "not to be written", "a home that is not to be written", "no home"]
)
def test_voices_that_cannot_be_kept_or_read_cost_a_note_and_the_call_goes_on(machine: Machine, which: str) -> None:
    voiced(machine)
    folder = machine.root / "voices"
    folder.mkdir()
    if which == "another user's":
        folder.chmod(0o700)
        machine.more = {"ANALYZER_VOICES": str(folder)}
    elif which == "not to be written":
        folder.chmod(0o555)
        machine.more = {"ANALYZER_VOICES": str(folder)}
    elif which == "a home that is not to be written":
        folder.chmod(0o555)
        machine.more = {"HOME": str(folder)}
    else:
        machine.more = {"HOME": ""}
    machine.nightly(SERVICE)
    notes = notes_of(machine.record())
    assert len(notes) == 1
    assert "Not every known voice can be used" in notes[0]
    assert "Dana Fox" in notes[0] or which == "another user's"
    assert not list(folder.iterdir())
    assert not list((machine.root / "home" / str(SERVICE.uid)).glob("~*"))


def test_a_voice_file_of_another_user_costs_that_voice_only(machine: Machine) -> None:
    folder = machine.root / "voices"
    folder.mkdir()
    for name in ("ann.voice.json", "bob.roster-voice.json", "damaged.voice.json"):
        (folder / name).write_text("{")
        (folder / name).chmod(0o600)
    (folder / "damaged.voice.json").chmod(0o644)
    os.chown(folder, SERVICE.uid, SERVICE.uid)
    machine.more = {"ANALYZER_VOICES": str(folder)}
    machine.nightly(SERVICE)
    (note,) = notes_of(machine.record())
    assert "ann.voice.json: cannot be read (Permission denied)" in note
    assert "(and 1 more)" in note  # the roster's is asked for only by a roster


def test_the_units_setting_in_the_steps_is_what_the_job_takes(machine: Machine) -> None:
    steps = (ROOT / "docs" / "shared-folder.md").read_text(encoding="utf-8")
    (line,) = [line for line in steps.splitlines() if line.startswith("ExecStart=")]
    words = line.partition("/analyzer ")[2].split()
    here = {"/srv/calls": str(machine.calls), "/srv/debriefs": str(machine.out), "calls": str(GROUP)}
    machine.as_user(SERVICE, *(here.get(word, word) for word in words), "--settle", "0")
    all_is_the_groups(machine.out)
