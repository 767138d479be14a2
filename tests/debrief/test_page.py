"""The debrief page: what stands in it, and that nothing from outside becomes more than text in it.

The page is read back with html5lib, the reference parser of the HTML standard, in its strict mode where that matters.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from xml.etree.ElementTree import Element

import html5lib  # type: ignore[import-untyped]
import pytest
from markupsafe import Markup

from analyzer.debrief.page.clips import change_window, clip_moments, covering, moment_span
from analyzer.debrief.page.page import Around, page, policy
from analyzer.debrief.record import CallRecord
from analyzer.timeline import seconds
from tests import records

RECORDS = {
    "rich": records.rich,
    "after the talk": records.talked_about,
    "bare": records.bare,
    "empty": records.empty,
    "no one named": records.silent_voices,
    "hostile": records.hostile,
}
WEBM = b"\x1aE\xdf\xa3 not a sound, but it begins like one"


def read(text: str) -> Element:
    """The page as a tree, by a parser that stops at the first fault."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    tree: Element = parser.parse(text)
    return tree


def words(tree: Element, css_id: str | None = None) -> str:
    """The text that a reader sees in the page, or in the element with an id, with single blanks."""
    root = tree.find("body") if css_id is None else tree.find(f".//*[@id='{css_id}']")
    assert root is not None, css_id

    def texts(element: Element) -> list[str]:
        if element.tag in ("script", "style"):
            return [element.tail or ""]
        gap = "" if element.tag in ("span", "bdi", "b", "q", "a") else " "
        return [gap, element.text or "", *(t for child in element for t in texts(child)), gap, element.tail or ""]

    return " ".join("".join(texts(root)).split())


@pytest.fixture(params=RECORDS, name="call")
def _call(request: pytest.FixtureRequest) -> CallRecord:
    return RECORDS[request.param]()


def with_clips(call: CallRecord) -> str:
    return page(call, clips={name: WEBM for name, _, _ in clip_moments(call)})


def test_every_page_is_valid_html(call: CallRecord) -> None:
    read(page(call))
    read(with_clips(call))


def test_ids_are_unique_and_every_reference_has_its_element(call: CallRecord) -> None:
    tree = read(with_clips(call))
    ids = [e.get("id") for e in tree.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    for element in tree.iter():
        if (element.get("href") or "").startswith("#"):
            assert element.get("href", "")[1:] in ids
        for name in ("aria-labelledby", "aria-describedby", "for"):
            assert set((element.get(name) or "").split()) <= set(ids), (element.tag, name)


def test_the_policy_names_the_hashes_of_the_one_style_and_the_one_script(call: CallRecord) -> None:
    tree = read(page(call))
    meta = [e for e in tree.iter("meta") if e.get("http-equiv") == "Content-Security-Policy"]
    policy = dict(part.strip().split(" ", 1) for part in meta[0].get("content", "").split(";"))
    styles = [e.text or "" for e in tree.iter("style")]
    scripts = [e.text or "" for e in tree.iter("script") if e.get("type") != "application/json"]
    assert (len(styles), len(scripts)) == (1, 1)

    def sha256(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert policy["default-src"] == "'none'"
    assert policy["style-src"] == sha256(styles[0])
    assert policy["script-src"] == sha256(scripts[0])
    assert "unsafe" not in " ".join(policy.values())
    assert policy["media-src"] == "'none'"


def test_the_policy_lets_in_only_the_kind_of_sound_that_the_page_has() -> None:
    call = records.rich()
    assert "media-src data:;" in with_clips(call)
    assert "media-src &#39;self&#39;;" in page(call, recording_src="call%201.m4a")


def test_a_server_may_add_its_own_files_and_forms_and_nothing_else() -> None:
    around = Around(head=Markup("<!--head-->"), above=Markup("<!--above-->"), below=Markup("<!--below-->"))
    text = page(records.call(), around=around)
    assert text.index("<!--head-->") < text.index("<!--above-->") < text.index("<main>") < text.index("<!--below-->")
    content = re.findall('Content-Security-Policy" content="([^"]*)"', text)[0]
    served = dict(part.strip().split(" ", 1) for part in content.replace("&#39;", "'").split(";"))
    alone = policy("", "", media="'none'")
    assert served["form-action"] == "'self'"
    assert served["script-src"].split()[1:] == served["style-src"].split()[1:] == ["'self'"]
    assert served["default-src"] == "'none'"
    assert "'self'" not in alone


def test_no_element_has_an_inline_style_or_handler(call: CallRecord) -> None:
    for element in read(with_clips(call)).iter():
        assert not [name for name in element.attrib if name == "style" or name.startswith("on")], element.tag


def test_nothing_in_the_page_has_an_address_elsewhere(call: CallRecord) -> None:
    for element in read(with_clips(call)).iter():
        for name in ("src", "href", "data", "action", "poster", "srcset"):
            assert re.match(r"#|data:", element.get(name, "#")), (element.tag, element.get(name))
        if element.tag in ("script", "style") and element.get("type") != "application/json":
            assert not re.search(r"https?:|//[a-z]|@import|url\((?!#)", element.text or ""), element.tag
    assert {e.get("rel") for e in read(page(call)).iter("link")} == {"icon"}


def test_hostile_text_makes_no_element() -> None:
    """The same elements as the harmless call, one for one; the hostile texts stand in the page as text."""
    call = records.talked_about()  # questions in one wording stand as one, and no two of the hostile ones are so
    apart = tuple(q.model_copy(update={"text": f"{n} {q.text}"}) for n, q in enumerate(call.questions))
    harmless = read(with_clips(call.model_copy(update={"questions": apart})))
    hostile = read(with_clips(records.hostile()))
    # The attribute `lang` is the one thing that a bad language takes away; tags are compared, not attributes.
    assert [str(e.tag) for e in hostile.iter()] == [str(e.tag) for e in harmless.iter()]
    seen = words(hostile)
    for text in ("</script><script>window.hurt=1;alert(1)</script>", "<img src=x onerror=\"window.hurt=1;alert(1)\">",
                 "{{ 11111 * 7 }} {% raw %} ${11111*7}", "--><!--<style>*{display:none}</style>"):  # fmt: skip
        assert text in seen
    assert "77777" not in seen


def test_characters_that_reorder_or_control_do_not_reach_the_page() -> None:
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f]", page(records.hostile()))


def test_the_data_of_the_script_cannot_end_its_element() -> None:
    text = page(records.hostile())
    start = text.index('id="data">') + len('id="data">')
    data = text[start : text.index("</script>", start)]
    assert not set("<>&") & set(data)
    lead = json.loads(data)["lead"]
    assert lead[0][2].startswith("<a href=")


def test_the_verdict_stands_first_in_the_words_of_the_record() -> None:
    call = records.rich()
    tree = read(page(call))
    main = tree.find(".//main")
    assert main is not None
    assert main[0].get("id") == "verdict"
    verdict = words(tree, "verdict")
    assert verdict.startswith(
        "Dana Reyes did not lead. Marcus Webb took over once, was drawn in once and spoke for 1 min 12 s"
    )
    # Without the planned hand-over 237.5 s / 322.4 s = 73.66 %; 3.4 points less is 70.26 %, 2.9 points more 76.56 %.
    team_talk = call.lead.shares[0].share
    assert (round(seconds(team_talk.numerator), 1), round(seconds(team_talk.denominator), 1)) == (237.5, 322.4)
    assert "Dana Reyes said 74 % of what the team said outside what was planned for others" in verdict
    assert "it lies between 70 and 77 %." in verdict
    assert "good practice 85 to 90 %" in verdict
    sure = words(tree, "sure")
    assert "74 % is the salesperson's share of what the team said: 3 min 58 s of 5 min 22 s." in sure
    assert "the true share lies between 70 and 77 %." in sure


def test_the_scale_draws_band_interval_and_value_where_they_belong() -> None:
    tree = read(page(records.rich()))
    scale = next(e for e in tree.iter() if str(e.tag).endswith("svg") and e.get("role") == "img")
    band = next(e for e in scale.iter() if e.get("class") == "band")
    interval = next(e for e in scale.iter() if e.get("class") == "interval")
    value = next(e for e in scale.iter() if e.get("class") == "value")
    assert (band.get("x"), band.get("width")) == ("85.00%", "5.00%")
    assert (interval.get("x1"), interval.get("x2")) == ("70.26%", "76.56%")
    assert value.get("cx") == "73.66%"


def test_a_share_just_under_the_band_is_not_rounded_onto_it() -> None:
    call = records.rich()
    shares = tuple(
        s.model_copy(update={"share": records.share(848.0, 1000.0), "interval": None}) for s in call.lead.shares
    )
    lead = call.lead.model_copy(update={"shares": shares, "with_planned": ()})
    assert "Dana Reyes said 84.8 % of" in words(read(page(call.model_copy(update={"lead": lead}))), "verdict")


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ("verdict", "What this voice says is not known: there is no transcript."),
        ("picture", "Who had the lead is not known: it is not known who is from the team."),
        ("sure", "The lead share is not known, because the salesperson is not."),
        ("changes", "Who took over is not known"),
        ("moments", "is not known: there is no transcript."),
        ("agenda", "Not known: there is no plan for this call."),
        ("conversation", "Without a transcript, questions, words and filler words are not known."),
        ("transcript", "The call was not transcribed."),
    ],
)
def test_what_is_not_known_is_said(section: str, sentence: str) -> None:
    assert sentence in words(read(page(records.bare())), section)


def test_a_recording_without_voices_says_so_in_each_section() -> None:
    tree = read(page(records.empty()))
    assert "nothing to draw" in words(tree, "picture")
    assert "No voice was found" in words(tree, "shares")
    assert "No voice was found" in words(tree, "conversation")
    assert "No words were heard." in words(tree, "transcript")


def test_every_section_has_a_heading_and_a_word(call: CallRecord) -> None:
    for section in read(page(call)).iter("section"):
        headings = [e for e in section.iter() if e.tag in ("h2",)]
        assert len(headings) == 1, section.get("id")
        said = words(section) if section.tag == "body" else "".join(section.itertext())
        assert len(said.split()) > len("".join(headings[0].itertext()).split()) + 2, section.get("id")


def test_a_measure_that_is_not_known_is_never_a_number() -> None:
    text = words(read(page(records.bare())), "conversation")
    row = text[text.index("Words per minute") : text.index("Filler words")]
    assert row.count("not known") == 2


def test_a_call_that_is_not_judged_shows_the_command_before_everything_else() -> None:
    tree = read(page(records.bare()))
    verdict = words(tree, "verdict")
    command = "analyzer report -- '-it'\"'\"'s a call.wav' --salesperson S1"
    assert command in verdict
    assert verdict.index("What to do now") < verdict.index("Who is who?")
    copy = next(e for e in tree.iter("button") if e.get("class", "").startswith("copy"))
    assert copy.get("data-copy") == command


def test_first_sentences_are_shown_while_the_salesperson_is_unknown() -> None:
    verdict = words(read(page(records.silent_voices())), "verdict")
    assert "Who is who?" in verdict
    assert "“" not in verdict  # quote marks come from the style sheet, so that a reader does not say them twice
    assert "I do the export papers" in verdict


def test_changes_of_lead_say_how_they_started_and_ended_with_the_words() -> None:
    tree = read(page(records.rich()))
    first, second = words(tree, "change-1"), words(tree, "change-2")
    assert "Marcus Webb: take-over" in first
    assert "Marcus Webb began while Dana Reyes had the floor." in first
    assert "Marcus Webb stopped, and Dana Reyes went on." in first
    assert "Sorry Dana, let me jump in there" in first
    assert "Priya Nair: planned hand-over" in second


def test_the_agenda_shows_planned_lead_against_actual_lead() -> None:
    row = words(read(page(records.rich())), "item-3")
    assert row.startswith("3 Guarantee and price planned for 2 min 5:27 to 6:55 Dana Reyes Marcus Webb")
    assert "Planned for Dana Reyes, led by Marcus Webb." in row


def test_objectives_are_never_called_met() -> None:
    text = words(read(page(records.rich())), "objectives")
    assert "Not recognised in the words." in text
    assert "Whether each was met is for the two of you to say." in text


def test_the_four_parts_of_the_talk_stand_in_their_order() -> None:
    text = words(read(page(records.rich())), "talk")
    parts = ["the salesperson's own view", "What was heard", "to do differently", "Commitments"]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_the_first_screen_has_three_moments_one_thing_for_the_next_call_and_what_became_of_the_last_promises() -> None:
    tree = read(with_clips(records.rich()))
    assert words(tree, "hear").startswith("Three moments Play all three 1:02 Take-over, 41 s.")
    following = words(tree, "next")
    assert following.startswith("For the next call Dana Reyes: What sign will Marcus Webb give before coming in")
    assert "not kept Marcus Webb Waits for Dana to hand over by 12 May 2026" in following
    button = next(e for e in tree.iter("button") if e.get("data-all"))
    assert len(json.loads(button.get("data-all", ""))) == 3


def test_what_is_said_once_is_not_said_again_in_the_questions() -> None:
    call = records.rich()
    first = next(q for q in call.questions if q.part == "differently")
    evidence = next(q for q in call.questions if q.part == "evidence")
    beside = evidence.model_copy(update={"change": 1, "asks": "What did the customer need?"})
    questions = tuple(beside if q is evidence else q for q in call.questions)
    tree = read(page(call.model_copy(update={"questions": questions})))
    assert first.text in words(tree, "next")
    assert first.text not in words(tree, "talk")
    assert "What did the customer need?" in words(tree, "change-1")
    assert evidence.text not in words(tree)
    assert "what to ask about changes of lead stands with them" in words(tree, "talk")


def test_the_menu_has_the_words_of_the_headings(call: CallRecord) -> None:
    tree = read(with_clips(call))
    menu = next(e for e in tree.iter("nav"))
    for link in menu.iter("a"):
        section = tree.find(f".//*[@id='{link.get('href', '')[1:]}']")
        assert section is not None
        heading = next(e for e in section.iter() if e.tag == "h2")
        assert "".join(heading.itertext()) == "".join(link.itertext())


def test_of_a_long_call_the_five_longest_changes_of_lead_are_shown_and_the_rest_is_folded_away() -> None:
    call = records.huge(turns=400, passages=40)
    longest = (7, 12, 20, 31, 38)
    changes = tuple(
        one.model_copy(update={"spoken_seconds": 90.0 if number in longest else 12.0})
        for number, one in enumerate(call.lead.changes, start=1)
    )
    call = call.model_copy(update={"lead": call.lead.model_copy(update={"changes": changes})})
    tree = read(page(call))
    section = tree.find(".//*[@id='changes']")
    assert section is not None
    shown, folded = [e for e in section.iter("ol") if e.get("class") == "take-overs"]
    assert [one.get("id") for one in shown] == [f"change-{number}" for number in longest]
    assert len(list(folded)) == len(changes) - len(longest)
    spans = [(start, end) for _, start, end in clip_moments(call)]
    for number in longest:
        assert covering(*change_window(changes[number - 1].start), spans), number


@pytest.mark.parametrize("transcribed", [True, False])
def test_each_voice_without_a_name_can_be_heard(transcribed: bool) -> None:
    call = records.silent_voices()
    if not transcribed:
        people = tuple(one.model_copy(update={"first_sentences": ()}) for one in call.people)
        call = call.model_copy(update={"people": people, "transcript": None})
    tree = read(with_clips(call))
    voices = next(e for e in tree.iter() if e.get("class") == "voices")
    for voice in next(voices.iter("ul")):
        assert [e for e in voice.iter("button") if e.get("data-from")], "".join(voice.itertext())


def test_a_name_in_a_right_to_left_script_does_not_turn_a_sentence_around() -> None:
    call = records.taken_over()
    people = tuple(
        one.model_copy(update={"name": "דנה רייס", "label": "דנה רייס"}) if one.key == "S1" else one
        for one in call.people
    )
    text = page(call.model_copy(update={"people": people}))
    assert "<bdi>דנה רייס</bdi> said 84&nbsp;% of what the team said" in text
    assert "<bdi>דנה רייס</bdi> did not lead." in text


def test_what_was_said_in_the_talk_stands_beside_what_was_measured() -> None:
    text = words(read(page(records.talked_about())), "said")
    assert "Held on 13 May 2026." in text
    assert "85 % measured: 74 % (70 to 77 %)" in text
    assert "What to do differently not known" in text


def test_without_sound_moments_are_plain_times() -> None:
    tree = read(page(records.rich()))
    assert not [e for e in tree.iter() if "play" in (e.get("class") or "").split()]
    assert not list(tree.iter("audio"))


def test_moments_can_be_played_exactly_where_a_clip_holds_them() -> None:
    call = records.rich()
    chosen = {name: WEBM for name, start, _ in clip_moments(call) if start < 120}
    spans = [moment_span(name) for name in chosen]
    buttons = [e for e in read(page(call, clips=chosen)).iter("button") if e.get("data-from")]
    assert len(buttons) > 5
    for button in buttons:
        start, end = float(button.get("data-from", "")), float(button.get("data-to", ""))
        assert covering(start, end, spans), (start, end)
        assert button.get("aria-label", "").startswith("Play ")


def test_the_recording_beside_the_page_plays_every_line() -> None:
    call = records.rich()
    tree = read(page(call, recording_src="Grant%20call.m4a"))
    lines = [e for e in tree.iter("li") if e.get("id", "").startswith("line-")]
    assert len(lines) == len(call.transcript or ())
    assert all(list(line.iter("button")) for line in lines)
    assert json.loads(next(e.text or "" for e in tree.iter("script") if e.get("id") == "data"))["recording"] == (
        "Grant%20call.m4a"
    )


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com/a.wav",
        "//example.com/a.wav",
        "/etc/a.wav",
        "javascript:alert(1)",
        "a:b.wav",
        "",
        "\\\\x\\a",
    ],
)
def test_the_address_of_a_recording_must_be_relative(address: str) -> None:
    with pytest.raises(ValueError, match="relative"):
        page(records.rich(), recording_src=address)


def test_a_clip_that_is_no_sound_or_has_no_name_is_refused() -> None:
    with pytest.raises(ValueError, match="neither WebM"):
        page(records.rich(), clips={"m0-1000": b"<svg onload=alert(1)>"})
    with pytest.raises(ValueError, match="not the name of a moment"):
        page(records.rich(), clips={"../../m0-1": WEBM})
    with pytest.raises(ValueError, match="not both"):
        page(records.rich(), clips={"m0-1000": WEBM}, recording_src="a.wav")


def test_a_two_hour_call_stays_a_small_page() -> None:
    text = page(records.huge())
    assert len(text.encode()) < 900_000
    lanes = [e for e in read(text).iter() if (e.get("class") or "").startswith("turns ")]
    assert len(lanes) == 12


def test_the_language_of_the_words_is_told_when_it_is_not_english() -> None:
    call = records.rich()
    german = call.model_copy(update={"made_with": call.made_with.model_copy(update={"language": "de"})})
    assert '<ol class="transcript screen-only" id="lines" lang="de">' in page(german)
    assert '<html lang="en">' in page(german)
    broken = call.model_copy(update={"made_with": call.made_with.model_copy(update={"language": '"><b>'})})
    assert 'id="lines">' in page(broken)


def test_the_same_record_gives_the_same_page() -> None:
    assert page(records.rich()) == page(records.rich())
