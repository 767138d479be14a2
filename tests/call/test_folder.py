"""Which folder holds the results of which recording, also when several processes ask at once."""

from __future__ import annotations

import datetime as dt
import multiprocessing
from collections import Counter
from pathlib import Path

import pytest

from analyzer import session
from analyzer.audio.recording import Recording
from analyzer.call.folder import CALL_FILE, CORRECTIONS_FILE, HEARD_FILE, OWNER_FILE, TALK_FILE, CallFolder
from analyzer.call.place import claim_folder, find_results, results_folder
from analyzer.debrief.conversation.answers import Answers
from analyzer.errors import OutputError
from analyzer.files import PARTIAL
from analyzer.settings import Settings
from tests.fake_engine import FakeEngine
from tests.library_folders import SHORT, small


def recording(path: Path, number: int) -> Recording:
    return Recording(path, f"{number:064x}"[::-1], "wav", "pcm_s16le", 1, 16_000, 160_000)


def test_one_name_in_many_folders_gives_each_its_own_and_finds_it_again(tmp_path: Path) -> None:
    calls = [recording(tmp_path / str(number) / "talk.m4a", number) for number in range(5)]
    taken = [claim_folder(tmp_path / "out", call) for call in calls]
    assert [folder.name for folder in taken[:2]] == ["talk", "talk.m4a"]
    assert len(set(taken)) == 5
    for call, folder in zip(calls, taken, strict=True):
        (folder.path / CALL_FILE).touch()
        assert claim_folder(tmp_path / "out", call) == results_folder(tmp_path / "out", call) == folder
        assert find_results(tmp_path / "out", call.path) == folder


def test_a_moved_recording_keeps_its_folder(tmp_path: Path) -> None:
    first = claim_folder(tmp_path / "out", recording(tmp_path / "a" / "call.wav", 1))
    moved = recording(tmp_path / "b" / "call.wav", 1)
    assert claim_folder(tmp_path / "out", moved) == first
    assert first.recording() == moved.path


def test_results_that_do_not_say_whose_they_are_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out" / "call").mkdir(parents=True)
    (tmp_path / "out" / "call" / CALL_FILE).touch()
    assert claim_folder(tmp_path / "out", recording(tmp_path / "call.wav", 1)).name == "call.wav"


def test_an_owner_file_that_says_nothing_is_written_again(tmp_path: Path) -> None:
    (tmp_path / "out" / "call").mkdir(parents=True)
    (tmp_path / "out" / "call" / OWNER_FILE).touch()
    assert claim_folder(tmp_path / "out", recording(tmp_path / "call.wav", 1)).name == "call"


def test_a_file_system_without_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refused)
    one = claim_folder(tmp_path / "out", recording(tmp_path / "a" / "call.wav", 1))
    other = claim_folder(tmp_path / "out", recording(tmp_path / "b" / "call.wav", 2))
    assert (one.name, other.name) == ("call", "call.wav")
    assert list((tmp_path / "out").rglob(f"{PARTIAL}*")) == []


def test_an_output_folder_that_is_a_file_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        claim_folder(tmp_path / "out", recording(tmp_path / "call.wav", 1))


def test_eight_processes_with_equal_names_at_once_never_share_a_folder(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(8) as pool:
        taken = pool.map(_race, [(tmp_path / "out", process) for process in range(8)], chunksize=1)
    names = [name for one in taken for name in one]
    assert len(names) == 8 * 25
    assert len(set(names)) == len(names)
    for process, one in enumerate(taken):
        for number, name in enumerate(one):
            assert CallFolder(tmp_path / "out" / name).recording() == Path(f"/calls/{process}/{number}/call.wav")


def _race(arguments: tuple[Path, int]) -> list[str]:
    out, process = arguments
    mine = [recording(Path(f"/calls/{process}/{number}/call.wav"), process * 100 + number + 1) for number in range(25)]
    return [claim_folder(out, one).name for one in mine]


def test_a_name_with_no_room_for_more_still_gets_a_folder_for_each_recording(tmp_path: Path) -> None:
    path = tmp_path / ("電" * 83 + ".wav")
    folders = [claim_folder(tmp_path / "out", recording(path, number)) for number in range(4)]
    assert len(set(folders)) == 4
    for number, folder in enumerate(folders):
        assert claim_folder(tmp_path / "out", recording(path, number)) == folder


def test_the_path_of_a_recording_is_found_again_whatever_is_in_it(tmp_path: Path) -> None:
    for name in ("a\nb.wav", "a\u2028b.wav", "a\x0bb\x85.wav", "\udcff\x1b[31m.wav"):
        taken = claim_folder(tmp_path / "out", recording(tmp_path / name, 1 + len(name)))
        assert taken.recording() == (tmp_path / name)


def test_no_file_of_a_results_folder_is_read_twice_by_one_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, settings, read = small(tmp_path / "call.wav", 1), Settings(out=tmp_path / "out"), Path.read_bytes
    session.analyse(call, settings, engine=FakeEngine(SHORT), salesperson="S1")
    session.name(call, settings, names={"S1": "Dana Reyes"})
    session.talk_about(call, settings, Answers(went_well="The opening"), held_on=dt.date(2026, 5, 13))
    looked_at: Counter[str] = Counter()

    def counted(path: Path) -> bytes:
        content = read(path)
        looked_at[path.name] += 1
        return content

    monkeypatch.setattr(Path, "read_bytes", counted)
    for command in (
        lambda: session.analyse(call, settings, engine=FakeEngine(SHORT)),
        lambda: session.name(call, settings, names={"S2": "Ray Stone"}),
        lambda: session.refresh(call, settings, FakeEngine(SHORT)),
    ):
        looked_at.clear()
        command()
        assert looked_at.keys() >= {OWNER_FILE, HEARD_FILE, CORRECTIONS_FILE, TALK_FILE}
        assert set(looked_at.values()) == {1}, looked_at
