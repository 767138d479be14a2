"""A debrief at a terminal that ends early: what was answered is kept, and the next one goes on with it."""

from __future__ import annotations

import os
import pty
import select
import signal
import stat
import sys
import time
from pathlib import Path

import pytest

from analyzer import session
from analyzer.call.folder import DRAFT, CallFolder
from analyzer.call.lock import LOCK_FILE
from analyzer.debrief.conversation.answers import Draft, go_on, mark, read_draft, talk_of
from analyzer.errors import ChangedMeanwhileError
from analyzer.session import analyse, analysed
from analyzer.settings import Settings
from tests.fake_engine import FakeEngine
from tests.library_folders import SHORT, small
from tests.nightly_runs import Desk
from tests.plans import attendees

SHARE = "in percent?"
WELL = "What went well?"
DIFFERENTLY = "What would you do differently?"
SEEN = "(empty to go on)"
WHO = "(empty to end)"


class Terminal:
    """A command at a terminal of its own; `see` waits for a text, `type` answers."""

    def __init__(self, desk: Desk, *arguments: str | Path) -> None:
        self.child, self.screen = pty.fork()
        if self.child == 0:
            os.chdir(desk.home)
            state = {"XDG_STATE_HOME": str(desk.home / "state"), "TMPDIR": str(desk.home / "tmp"), "TERM": "dumb"}
            command = [sys.executable, "-m", "tests.fake_analyzer", *map(str, arguments)]
            os.execve(sys.executable, command, desk.environment(**state))
        self.text = ""

    def see(self, *wanted: str) -> str:
        deadline = time.monotonic() + 60
        while not any(text in self.text for text in wanted):
            ready, _, _ = select.select([self.screen], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, self.text
            try:
                new = os.read(self.screen, 65536)
            except OSError:
                new = b""
            assert new, self.text
            self.text += new.decode()
        found = next(text for text in wanted if text in self.text)
        before, _, self.text = self.text.partition(found)
        return before + found

    def type(self, text: str) -> None:
        os.write(self.screen, (text + "\n").encode())

    def press(self, key: bytes) -> None:
        """Presses a key once the command waits for one: a signal between prompt and wait would be seen after it."""
        deadline = time.monotonic() + 60
        while Path(f"/proc/{self.child}/syscall").read_text().split()[1:2] != ["0x0"]:  # it reads its input
            assert time.monotonic() < deadline, self.text
            time.sleep(0.01)
        os.write(self.screen, key)

    def answers(self, **said: str) -> None:
        for question, answer in said.items():
            self.see({"share": SHARE, "well": WELL, "differently": DIFFERENTLY, "seen": SEEN, "who": WHO}[question])
            self.type(answer)

    def end(self) -> int:
        text = b""
        try:
            while new := os.read(self.screen, 65536):
                text += new
        except OSError:
            pass
        self.text += text.decode(errors="replace")
        return os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    (tmp_path / "tmp").mkdir()
    settings = Settings(out=desk.out, sound="none")
    analyse(small(desk.calls / "call.wav", 1), settings, engine=FakeEngine(SHORT))
    return desk


def debrief(desk: Desk) -> Terminal:
    return Terminal(desk, "debrief", desk.out / "call", "--out", desk.out)


def drafts(desk: Desk) -> list[Path]:
    return sorted(path for path in desk.home.rglob("*talk-*") if path.is_file())


@pytest.mark.parametrize("end", ["ctrl-c", "ctrl-d", "kill"])
def test_answers_of_a_talk_that_ended_early_are_kept_and_the_next_one_goes_on(desk: Desk, end: str) -> None:
    talk = debrief(desk)
    talk.answers(share="80", well="The opening")
    talk.see(DIFFERENTLY)
    if end == "kill":
        os.kill(talk.child, signal.SIGKILL)
    else:
        talk.press({"ctrl-c": b"\x03", "ctrl-d": b"\x04"}[end])
    assert talk.end() == (-signal.SIGKILL if end == "kill" else 130)
    draft = drafts(desk)[0]
    assert draft.parent == desk.out / "call"
    assert stat.S_IMODE(draft.stat().st_mode) == 0o600
    if end != "kill":
        assert str(draft) in "".join(talk.text.splitlines())
    talk = debrief(desk)
    talk.see("Go on with them?")
    talk.type("")
    asked = talk.see(DIFFERENTLY)
    assert WELL not in asked
    talk.type("Ask first")
    talk.answers(seen="", who="")
    assert talk.end() == 0
    kept = talk_of(CallFolder(desk.out / "call"))
    assert kept is not None
    said = kept.talk
    assert (said.own_lead_share, said.went_well, said.would_do_differently) == (0.8, "The opening", "Ask first")
    assert drafts(desk) == []


def test_whoever_does_not_want_the_old_answers_begins_again(desk: Desk) -> None:
    talk = debrief(desk)
    talk.answers(share="80", well="The opening")
    talk.see(DIFFERENTLY)
    talk.press(b"\x03")
    talk.end()
    talk = debrief(desk)
    talk.see("Go on with them?")
    talk.type("n")
    talk.answers(share="50", well="", differently="", seen="", who="")
    assert talk.end() == 0
    kept = talk_of(CallFolder(desk.out / "call"))
    assert kept is not None
    assert (kept.talk.own_lead_share, kept.talk.went_well) == (0.5, None)


def test_where_the_call_has_no_room_answers_are_kept_elsewhere_and_the_talk_can_be_kept_later(desk: Desk) -> None:
    folder = desk.out / "call"
    blocked = folder / f"{DRAFT}{os.getuid()}.json"
    blocked.mkdir()  # stands for a full disk: nothing can be written there
    (folder / LOCK_FILE).unlink()
    (folder / LOCK_FILE).mkdir()
    talk = debrief(desk)
    talk.answers(share="80", well="The opening", differently="", seen="", who="")
    assert talk.end() == 8
    draft = drafts(desk)[0]
    assert draft.parent != folder
    assert draft.name in "".join(talk.text.split())
    blocked.rmdir()
    (folder / LOCK_FILE).rmdir()
    talk = debrief(desk)
    talk.see("Go on with them?")
    talk.type("")
    talk.answers(who="")
    assert talk.end() == 0
    kept = talk_of(CallFolder(folder))
    assert kept is not None
    assert kept.talk.went_well == "The opening"
    assert drafts(desk) == []


def test_a_name_given_during_a_debrief_is_on_its_page_and_so_is_a_talk_held_meanwhile(desk: Desk) -> None:
    settings = Settings(out=desk.out, sound="none")
    talk = debrief(desk)
    talk.answers(share="80")
    talk.see(WELL)
    session.name(desk.out / "call", settings, names={"S1": "Dana Reyes"}, salesperson="S1")
    answers = desk.home / "answers.toml"
    answers.write_text('went_well = "The end"\n[[commitment]]\nwho = "Dana Reyes"\ntext = "Ask before answering"\n')
    desk.run("debrief", desk.out / "call", "--answers", answers, "--out", desk.out)
    talk.type("The opening")
    talk.answers(differently="", seen="", who="Omar Haddad")
    talk.see("What will Omar Haddad do?")
    talk.type("Listen")
    talk.see("By when?")
    talk.type("")
    talk.answers(who="")
    assert talk.end() == 0
    assert "a talk about this call was kept before" in talk.text
    record = analysed(desk.out / "call", settings).record
    assert record.label("S1") == "Dana Reyes"
    assert record.talk is not None
    assert [one.text for one in record.talk.commitments] == ["Ask before answering", "Listen"]
    assert (record.talk.own_lead_share, record.talk.went_well) == (0.8, "The end. The opening")
    page = (desk.out / "call" / "debrief.html").read_text()
    assert all(text in page for text in ("Dana Reyes", "Ask before answering", "Listen"))
    desk.run("debrief", desk.out / "call", "--answers", answers, "--out", desk.out)  # the same once more
    kept = talk_of(CallFolder(desk.out / "call"))
    assert kept is not None
    assert kept.talk == record.talk
    assert [talk.went_well for talk in kept.held] == ["The end", "The opening"]


OBJECTIVES = f"""
{attendees("Dana Reyes", "Omar Haddad")}
[[objective]]
text = "Agree a pilot"
keywords = ["pilot"]

[[objective]]
text = "Meet the board"
keywords = ["board"]
"""


def test_each_of_the_two_says_how_far_each_objective_was_met_and_an_interrupt_in_the_middle_loses_nothing(
    desk: Desk,
) -> None:
    (desk.calls / "call.plan.toml").write_text(OBJECTIVES)
    named = ("S1=Dana Reyes", "S2=Omar Haddad")
    desk.run("name", desk.calls / "call.wav", *named, "--out", desk.out)
    talk = debrief(desk)
    talk.answers(share="eighty")
    talk.see("A number between 0 and 100")
    talk.answers(share="80", well="", differently="")
    talk.see("Omar Haddad, how do you see the call?")
    talk.type("We listened")
    talk.see("“Agree a pilot”: was it met, Dana Reyes?")
    talk.type("perhaps not")
    talk.see("“Agree a pilot”: was it met, Omar Haddad?")
    talk.type("x")
    talk.see("Met, in part or not, please.")
    talk.press(b"\x03")
    assert talk.end() == 130
    talk = debrief(desk)
    talk.see("Go on with them?")
    talk.type("")
    asked = talk.see("“Agree a pilot”: was it met, Omar Haddad?")
    assert "Dana Reyes?" not in asked
    talk.type("not")
    talk.see("“Meet the board”: was it met, Dana Reyes?")
    talk.type("met")
    talk.see("“Meet the board”: was it met, Omar Haddad?")
    talk.type("")
    talk.answers(seen="", who="")
    assert talk.end() == 0
    kept = talk_of(CallFolder(desk.out / "call"))
    assert kept is not None
    assert (kept.talk.own_lead_share, kept.talk.manager_view) == (0.8, "We listened")
    told = [(one.text, one.salesperson, one.manager) for one in kept.talk.objectives]
    assert told == [("Agree a pilot", "in part", "not"), ("Meet the board", "met", None)]
    assert drafts(desk) == []


def test_a_talk_goes_on_from_what_is_answered_now_or_not_at_all(tmp_path: Path) -> None:
    folder, recording = CallFolder(tmp_path), "a" * 64
    first = Draft(recording=recording, begun="2026-05-12T10:00:00+02:00", done=("share",), by="Dana")
    go_on(folder, first, before=mark(None))
    with pytest.raises(ChangedMeanwhileError, match="the talk went on meanwhile by Dana"):
        go_on(folder, first.model_copy(update={"done": ("well",)}), before=mark(None))
    further = first.model_copy(update={"done": ("share", "well")})
    go_on(folder, further, before=mark(first))
    assert read_draft(folder, recording) == further
