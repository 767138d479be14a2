"""The debrief on a terminal and as Markdown: its exact form on two calls, and what holds for any call and any text."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.cells import cell_len

from analyzer.debrief.export.spoken import one_line
from analyzer.debrief.figures import edges, share
from analyzer.debrief.first_screen import first_screen
from analyzer.debrief.markdown.document import markdown
from analyzer.debrief.markdown.escaping import inline
from analyzer.debrief.phrases import interval
from analyzer.debrief.record import (
    CallRecord,
    EarlierCallRecord,
    ExceptionRecord,
    NextStepRecord,
)
from analyzer.debrief.terminal.lanes import lanes
from analyzer.lead.check import Interval
from analyzer.people.commitment import Commitment
from analyzer.talk.rates import Share
from tests.golden import FOLDER, GOLDEN, on_terminal
from tests.hostile import TEXTS, calls, cycled, with_texts
from tests.records import TAKEN, call, drawn, lead, lead_shares, not_judged, person, quote, taken_over

some = settings(max_examples=60, deadline=None)
WIDTHS = (60, 72, 80, 100, 120, 160)
SGR = re.compile(r"\x1b\[[0-9;]*m")


def printed(record: CallRecord, width: int = 80) -> list[str]:
    return on_terminal(record, width).splitlines()


def section(text: str, heading: str) -> str:
    """A section of the Markdown debrief, without its heading."""
    return text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0].strip()


# -- exact form ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GOLDEN)
def test_the_output_is_the_one_checked_in(name: str) -> None:
    assert GOLDEN[name]() == (FOLDER / name).read_text(encoding="utf-8"), "meant? then: python -m tests.golden"


# -- lanes ---------------------------------------------------------------------------------------------------------


def test_a_lane_shows_in_eighths_how_much_of_each_column_somebody_talks() -> None:
    # twenty columns of one second: two full ones, half of one, an eighth of one, nothing more
    turns = (quote("S1", 0, 2.5, ""), quote("S1", 5, 5.125, ""), quote("S2", 18, 20, ""))
    record = call((person("S1", "Dana"), person("S2")), turns, seconds=20.0)
    first, second, clock = lanes(record, 36)
    assert (first.label, first.cells) == ("D Dana          ", "██▄  ▁" + " " * 14)
    assert (second.label, second.cells) == ("2 S2            ", " " * 18 + "██")
    assert clock.cells == "0:00      0:10      "


def test_a_letter_stands_where_the_lead_passes_and_a_number_where_a_take_over_starts() -> None:
    record = call(
        (person("S1", "Dana", "team"), person("S2", "Dan", "team")),
        drawn(1, "S1  ======      ========", "S2        ======"),
        seconds=20.0,
        lead=lead(
            salesperson="S1",
            stretches=drawn(1, "S1   =====      ========", "S2        ======"),
            changes=(TAKEN.model_copy(update={"start": 6.0, "end": 12.0}),),
        ),
    )
    cells = {lane.kind: lane.cells for lane in lanes(record, 36)}
    assert cells["lead"] == " D────A─────D───────"
    assert cells["changes"] == "      1─────        "


@pytest.mark.parametrize("name", ["佐藤", "佐藤" * 9, "佐藤" * 4 + "a", "Zoë", "x" * 300])
@pytest.mark.parametrize("seconds", [0.0, 0.3, 59.0, 3600.0, 400_000.0])
def test_lanes_are_all_as_wide_as_was_asked(seconds: float, name: str) -> None:
    record = call((person("S1", name), person("S2")), (quote("S1", 0, seconds, ""),), seconds=seconds)
    assert {cell_len(lane.label + lane.cells) for lane in lanes(record, 80)} == {80}


# -- what the terminal holds to ------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("record", [taken_over(), not_judged()], ids=["judged", "not judged"])
def test_nothing_but_a_command_is_wider_than_the_terminal(record: CallRecord, width: int) -> None:
    commands = {step.command for step in record.next_steps}
    for line in printed(record, width):
        assert cell_len(line) <= width or line.strip() in commands
        assert line == line.rstrip()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_verdict_comes_first(width: int) -> None:
    after_title = on_terminal(taken_over(), width).split("\n\n")[1]
    assert " ".join(after_title.split()).startswith(first_screen(taken_over()).answer)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_command_stands_whole_on_a_line_of_its_own(width: int) -> None:
    lines = printed(not_judged(), width)
    for step in not_judged().next_steps:
        assert f"    {step.command}" in lines


def test_a_command_keeps_its_blanks() -> None:
    step = NextStepRecord(text="Again:", command="analyzer report 'two  blanks.wav'")
    record = not_judged().model_copy(update={"next_steps": (step,)})
    assert f"    {step.command}" in printed(record)
    assert f"\n```sh\n{step.command}\n```\n" in markdown(record)


def test_an_ordinary_call_takes_about_two_screens() -> None:
    assert len(printed(not_judged())) <= 65
    assert len(printed(taken_over())) <= 125


def test_the_first_screen_is_a_screen_and_says_what_is_copied_and_mailed() -> None:
    for record in (taken_over(), not_judged()):
        lines = on_terminal(record, 80, much="first").splitlines()
        assert len(lines) <= 32
        text = " ".join(" ".join(lines).split())
        screen = first_screen(record)
        for said in (screen.answer, screen.sentence, screen.sure, *(one.text for one in screen.moments)):
            assert said in text
        assert len(on_terminal(record, 80).splitlines()) > len(lines)


def test_no_figure_is_parted_from_its_unit() -> None:
    for width in range(40, 121, 4):
        for line in printed(taken_over(), width):
            assert not line.strip().startswith(("%", "min ", "s "))


def test_a_bar_shows_the_share_and_the_band() -> None:
    earlier = tuple(
        EarlierCallRecord(
            name=f"call {n}", date=f"2026-05-0{n}", led=led, share=Share(part, 100), band_floor=0.85, band_ceiling=0.9
        )
        for n, (led, part) in enumerate((("no", 40), ("yes", 87)), start=1)
    )
    record = taken_over().model_copy(update={"earlier": earlier})
    lines = printed(record)
    at = lines.index("Lead share, last debriefed calls")
    assert lines[at + 1] == "  1 May 2026   ████████·········▒··  40 %, did not lead"
    assert lines[at + 2] == "  2 May 2026   █████████████████▒··  87 %, led"
    assert lines[at + 3].endswith("84 %, did not lead (this call)")


def test_speakers_nobody_has_named_are_shown_with_their_first_sentences() -> None:
    text = on_terminal(not_judged(), 120)
    assert "  S2  “Let me come in here. At Leeds late deliveries were down by a third.”\n" in text


def test_without_words_it_is_said_where_to_listen_for_a_speaker() -> None:
    record = not_judged()
    people = tuple(p.model_copy(update={"first_sentences": ()}) for p in record.people)
    record = record.model_copy(update={"people": people, "transcript": None})
    assert "  S2  listen at 3:10" in printed(record)
    assert "  - Listen from 3:10; the call was not transcribed." in markdown(record)


def test_markup_and_emoji_codes_in_texts_are_shown_as_they_are() -> None:
    nasty = "[bold]Eve[/bold] [link=http://x.example]y[/link] :smile:"
    record = call((person("S1", nasty, first_sentences=(quote("S1", 0, 1, nasty),)),), (quote("S1", 0, 9, ""),))
    for colour in (False, True):
        shown = SGR.sub("", on_terminal(record, 160, colour=colour))
        assert f"“{nasty}”" in shown


def test_colours_are_all_a_terminal_is_sent() -> None:
    nasty = "a\x1b[2Jb\x1b]8;;http://x.example\x07c\x9b31m"
    record = with_texts(taken_over(), lambda text: nasty + text)
    shown = on_terminal(record, 100, colour=True)
    assert SGR.search(shown)
    assert not {mark for mark in SGR.sub("", shown) if unicodedata.category(mark) == "Cc"} - {"\n"}


@some
@given(st.lists(TEXTS, min_size=3, max_size=7), st.sampled_from(WIDTHS), st.sampled_from(("utf-8", "cp1252", "ascii")))
def test_no_text_breaks_the_terminal(texts: list[str], width: int, encoding: str) -> None:
    record = with_texts(taken_over(), cycled(texts)).model_copy(update={"next_steps": ()})
    shown = on_terminal(record, width, encoding)
    assert not {mark for mark in shown if unicodedata.category(mark) == "Cc"} - {"\n"}
    assert max(cell_len(line) for line in shown.split("\n")) <= width


@some
@given(calls(), st.sampled_from(WIDTHS))
def test_any_call_can_be_shown(record: CallRecord, width: int) -> None:
    assert "Who spoke when" in printed(record, width)
    assert "## Shares" in markdown(record)


# -- what Markdown holds to ----------------------------------------------------------------------------------------


PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def structure(tokens: list[Token]) -> list[str]:
    """The kinds of everything but plain text, in order."""
    found = []
    for token in tokens:
        found.append(token.type)
        found += [child.type for child in token.children or () if child.type not in ("text", "text_special")]
    return found


def shown(token: Token) -> str:
    return "".join(child.content for child in token.children or ())


@some
@given(st.lists(TEXTS, min_size=3, max_size=7))
def test_no_text_becomes_markup(texts: list[str]) -> None:
    hostile = with_texts(taken_over(), cycled(texts))
    tame = with_texts(taken_over(), cycled(["x" if one_line(text) else text for text in texts]))
    assert structure(PARSER.parse(markdown(hostile))) == structure(PARSER.parse(markdown(tame)))


@some
@given(calls(transcribed=True))
def test_every_utterance_can_be_read_in_the_rendered_transcript(record: CallRecord) -> None:
    text = markdown(record)
    rendered = PARSER.parse(text)
    items = [shown(token) for token in rendered if token.type == "inline" and token.level > 1]
    for said in record.transcript or ():
        assert any(item.endswith(f": {one_line(said.text)}".rstrip()) for item in items)


@pytest.mark.parametrize(
    ("raw", "escaped"),
    [
        ("plain, with marks: it's 3.5 % (so) - good!", "plain, with marks: it's 3.5 % (so) - good!"),
        ("a|b", "a\\|b"),
        ("*a* `b` <script>", "\\*a\\* \\`b\\` \\<script\\>"),
        ("led_call_2.ogg", "led_call_2.ogg"),
        ("_x_", "\\_x\\_"),
        ("# a", "\\# a"),
        ("1. a", "1\\. a"),
        ("1.5 a", "1.5 a"),
        ("a\nb\t c", "a b c"),
        ("AT&T &amp; &#60;", "AT&T \\&amp; \\&#60;"),
        ("$90 and $100", "\\$90 and \\$100"),
        ("see https://x.example or www.x.example", "see https\\://x.example or www\\.x.example"),
    ],
)
def test_only_what_would_be_markup_is_escaped(raw: str, escaped: str) -> None:
    assert inline(raw) == escaped
    paragraph = PARSER.parse(escaped)[1]
    assert shown(paragraph) == one_line(raw)


def test_a_command_with_backticks_stays_in_its_block() -> None:
    step = NextStepRecord(text="Again:", command="analyzer report '```.wav'")
    text = markdown(not_judged().model_copy(update={"next_steps": (step,)}))
    assert next(token.content for token in PARSER.parse(text) if token.type == "fence") == f"{step.command}\n"


# -- what is not known ---------------------------------------------------------------------------------------------


def test_a_share_of_nothing_is_not_known_and_never_none_of_it() -> None:
    assert share(Share(0, 0)) == "not known"
    assert share(Share(0, 9)) == "0 %"
    assert share(Share(1, 1000)) == "0.1 %"


def test_a_lead_share_of_nothing_is_not_known() -> None:
    record = call(
        (person("S1", "Dana", "team"),), lead=lead(salesperson="S1", shares=lead_shares(("team-talk", 0, 0, None)))
    )
    meaning = "the salesperson's share of what the team said"
    assert f"| **team-talk** (checked) | {meaning} | not known | not known |" in markdown(record)
    assert any(re.fullmatch(r"  team-talk \(checked\) +not known +not known", line) for line in printed(record))


def test_an_interval_stays_on_its_side_of_the_band() -> None:
    record = taken_over()
    assert interval(Interval(low=0.7, high=0.8496), edges(record)) == "70 to just under 85 %"
    assert interval(Interval(low=0.85, high=0.8501), edges(record)) == "85 to just over 85 %"
    assert interval(None, edges(record)) == "not known"


def test_every_call_has_the_same_main_sections_in_markdown() -> None:
    always = [
        "How sure is this?",
        "Who spoke when",
        "Shares",
        "Changes of lead",
        "The plan",
        "The conversation",
    ]
    always += ["Transcript", "How this was made, and how far to trust it"]
    for record in (taken_over(), not_judged(), call((person("S1"),), (), None)):
        headings = re.findall("^## (.*)$", markdown(record), re.MULTILINE)
        assert [heading for heading in headings if heading in always] == always


def test_a_call_without_transcript_and_plan_says_so() -> None:
    record = call((person("S1"),), (quote("S1", 0, 9, ""),), None)
    text = markdown(record)
    assert section(text, "Transcript") == "This call was not transcribed, so what was said is not known."
    assert section(text, "The plan").startswith("No plan was given for this call")
    assert "| questions | not known |" in text
    assert "not transcribed" in on_terminal(record, 80)
    assert "No plan was given" in on_terminal(record, 80)


def test_nobody_took_over_is_said_only_when_it_is_known() -> None:
    known = call((person("S1", "Dana", "team"),), lead=lead(salesperson="S1"))
    assert section(markdown(known), "Changes of lead") == (
        "There was no take-over: no one else from the team had the lead and said 10 s in it."
    )
    assert section(markdown(not_judged()), "Changes of lead") == (
        "Who took over is not known, because the salesperson is not."
    )
    assert "There was no take-over" in on_terminal(known, 120)
    assert "There was no take-over" not in on_terminal(not_judged(), 80)


def test_a_planned_hand_over_is_marked_and_the_lead_share_given_with_it() -> None:
    record = taken_over()
    planned = record.lead.model_copy(
        update={
            "changes": (
                TAKEN.model_copy(update={"planned": True, "kind": "handed_over", "kind_meaning": "planned hand-over"}),
            ),
            "with_planned": lead_shares(("team-talk", 300, 320, None), ("lead-time", 510, 530, None)),
        }
    )
    record = record.model_copy(update={"lead": planned})
    text = markdown(record)
    assert "### 1. Marcus Webb, 3:10–4:40: planned hand-over" in text
    team_talk = "the salesperson's share of what the team said"
    assert f"| **team-talk** (checked) | {team_talk} | 84 % | 80 to 84.8 % | 94 % |" in text
    assert "| all-talk | the salesperson's share of everything that was said, the customer included | 53 % |" in text
    assert text.count("| not known |\n") >= 1
    lines = printed(record)
    assert any(re.fullmatch(r"  team-talk \(checked\) +84 % +80 to 84\.8 % +94 %", line) for line in lines)
    assert any("3:10–4:40, planned hand-over: " in line for line in lines)


def test_a_declared_exception_is_reported_as_one() -> None:
    record = taken_over()
    assert record.plan is not None
    exception = ExceptionRecord(
        kind="final_presentation",
        note="Board on Thursday",
        declared_on="2026-05-01",
        meaning="A very important final presentation was declared as an exception on 2026-05-01.",
    )
    record = record.model_copy(update={"plan": record.plan.model_copy(update={"exception": exception})})
    assert f"{exception.meaning} Its note: “Board on Thursday”" in markdown(record)
    assert "declared as an exception on 2026-05-01." in " ".join(on_terminal(record, 80).split())


def test_every_change_of_lead_stands_in_the_full_report_and_in_markdown() -> None:
    many = tuple(TAKEN.model_copy(update={"start": 10.0 * i, "end": 10.0 * i + 9}) for i in range(12))
    record = taken_over()
    record = record.model_copy(update={"lead": record.lead.model_copy(update={"changes": many})})
    assert "  12  " in "\n".join(printed(record))
    assert "1:50–1:59, take-over" in "\n".join(printed(record))
    assert "### 12. Marcus Webb, 1:50–1:59" in markdown(record)


def test_commitments_say_what_became_of_them() -> None:
    last = tuple(
        Commitment(who="Dana", text=f"thing {i}", due=None, kept=kept) for i, kept in enumerate((True, False, None))
    )
    text = section(markdown(call((person("S1"),), last_commitments=last)), "For the next call")
    assert text.splitlines()[-3:] == [
        "- Dana: thing 0: kept",
        "- Dana: thing 1: not kept",
        "- Dana: thing 2: not known whether it was kept",
    ]


def test_a_commitment_known_from_plan_and_library_is_shown_once() -> None:
    record = taken_over()
    assert record.plan is not None
    record = record.model_copy(update={"last_commitments": record.plan.commitments})
    assert section(markdown(record), "For the next call").count("wait for Dana") == 1


def test_words_nobody_was_heard_speaking_in_are_counted() -> None:
    # "Mm." is one of the 117 words of the transcript
    sentence = "No speaker was found for 1 of the 117 words. They are marked “unknown” and count for no person."
    assert f"- {sentence}\n" in markdown(taken_over())
    assert sentence in " ".join(on_terminal(taken_over(), 80).split())
