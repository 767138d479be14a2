"""Scripted calls, each with what its debrief must say and must never say; their siblings stand beside them.

The scripts are in `scenarios.json`: the same format as `python -m tests.scenarios` reads. What is said of people is
checked here in words, because a person concerned reads words.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from tests.scenarios import Played, play, scenarios

FILE = Path(__file__).with_name("scenarios.json")


@cache
def played(name: str) -> Played:
    return next(play(script, people) for script, people in scenarios(FILE) if script["id"] == name)


NAMES = [script["id"] for script, _ in scenarios(FILE)]

SAYS: dict[str, list[str]] = {
    "absent": [
        "Dana Reyes, who was to lead, was not heard; Marcus Webb spoke for the team",
        "To Marcus Webb: Dana Reyes was to lead and was not heard. How did that come about?",
        "To Dana Reyes: What will you do on the next call together, and by when?",
    ],
    "invited": [
        "No take-over.",
        "handed over",
        "Dana Reyes had just named Marcus Webb",
        "stopped, and Dana Reyes went on",
        "Was it the right moment, and did it come back?",
        "And with that back to you Dana.",
    ],
    "named-salesperson": ["the customer had just named Dana Reyes, and Marcus Webb went on", "1 take-over."],
    "objection": ["Marcus Webb went on after the customer; no question was heard", "1 take-over."],
    "cuts-customer": ["Marcus Webb began while the customer had the floor", "1 take-over."],
    "redirected": ["The customer named Marcus Webb. Marcus Webb kept it short", "There was no take-over"],
    "short-questions": ["Dana Reyes closed the call for the team."],
    "bursts": [
        "Dana Reyes did not lead: 80 %",
        "Marcus Webb came in 10 times, 90 s in all; the longest at 0:40, 1:31 and 2:22.",
    ],
    "planned-demo": ["Dana Reyes led as planned, with 100 %", "50 % with what was planned for Priya Nair"],
    "planned-demo-first-sentence": ["Dana Reyes led as planned", "planned hand-over"],
    "silent-manager": [
        "To Marcus Webb: You were not heard on this call. What were you there for",
        "To Marcus Webb: What will you do on the next call together, and by when?",
        "Marcus Webb was planned and not heard",
    ],
    "unknown-side": ["if S4 is from your team, the answer would be no (54 %)"],
    "voicemail": ["Not judged: the team talked for under a minute."],
    "hold": ["No one spoke for 10 min from 1:20 on: that counts for no one's lead time."],
    "customers-talk": ["15 s, then 10 min 5 s of the customer", "0:50–1:05"],
    "all-talk-silent": ["The others from the team spoke less than 10 %"],
    "band": ["Dana Reyes did not lead: 69.8 %"],
    "german-invited": ["Anke Vogel had just handed over", "No take-over.", "handed over"],
    "german-named": ["the customer had just named Anke Vogel, and Jürgen Weber went on", "1 take-over."],
    "french-asked": ["the customer had just named Marc Petit", "drawn in by the customer", "No take-over."],
    "misspelt": ["the customer had just named Marcus Webb", "drawn in by the customer"],
    "two-specialists": ["the customer had just named Priya Nair, and Tom Hill went on", "1 take-over."],
    "passed-to-a-third": ["Priya Nair had just named Marcus Webb", "somebody else from the team went on"],
    "alias": ["the customer had just named William Webb", "drawn in by the customer"],
    "open-question": [
        "the customer had just put a question that named no one else from the team",
        "drawn in by the customer",
    ],
    "cut-in": ["Marcus Webb began while Dana Reyes had the floor", "1 take-over."],
    "roster-absent": ["Dana Reyes, who was to lead, was not heard; Marcus Webb spoke for the team"],
    "thanks-between": ["Dana Reyes had just named Marcus Webb", "No take-over."],
    "demo-and-take-over": ["as planned for the most part; Marcus Webb took over at 2:00"],
    "let-him-take-this": ["Dana Reyes had just named Marcus Webb", "No take-over."],
    "do-you-want-to": ["Dana Reyes had just named Marcus Webb", "Was it the right moment, and did it come back?"],
    "german-weitergeben": ["Anke Vogel had just named Marcus Weber", "No take-over."],
    "german-separable": ["Anke Vogel had just handed over", "No take-over."],
    "spanish-invited": ["Diego Ruiz had just named Marta Gil", "No take-over."],
    "spanish-named-other": ["the customer had just named Diego Ruiz, and Marta Gil went on", "1 take-over."],
    "french-hand-over": ["Anne Roy had just handed over", "No take-over."],
    "dutch-invited": ["Saskia Bos had just named Bram de Wit", "No take-over."],
    "dutch-phrase": ["Saskia Bos had just handed over", "No take-over."],
    "misspelt-seller": ["the customer had just named Dana Reyes, and Marcus Webb went on", "1 take-over."],
    "alias-seller": ["the customer had just named Dana Reyes, and Marcus Webb went on", "1 take-over."],
    "two-companions": [
        "1 take-over. Beside that, and not counted as such: drawn in by the customer.",
        "somebody else from the team went on (Marcus Webb), 4.5 s later",
    ],
    "customer-asks-colleague": ["the customer had just put a question that named no one else from the team"],
    "timed-demo": ["Dana Reyes led as planned", "60 % with what was planned for Priya Nair", "No take-over."],
    "timed-demo-taken": ["Planned for Priya Nair (not heard), led by Marcus Webb.", "1 take-over."],
    "absent-two-managers": [
        "Dana Reyes, who was to lead, was not heard; Marcus Webb and Ines Roth spoke for the team",
        "To Ines Roth: Dana Reyes was to lead and was not heard. How did that come about?",
    ],
    "silence-hold": ["No one spoke for 50 s from 1:22 on: that counts for no one's lead time.", "1:10–1:22"],
    "hand-back-question": ["Dana Reyes went on 3 s after Marcus Webb's last word"],
    "unknown-small": ["if S4 is from your team, the share would be 88 %, and the others took enough part"],
    "unknown-names": ["S3 had just named Marcus Webb", "No take-over."],
    "dana-can-tell": ["Marcus Webb kept it short, and Dana Reyes had the team's next word."],
    "redirect-long": ["2 times: Marcus Webb kept it short, and Dana Reyes had the team's next word (2)."],
    "cut-in-continues": ["Marcus Webb began while the customer had the floor", "1 take-over."],
    "small-talk": ["Marcus Webb opened; no one had led before", "Had you agreed on who opens?"],
    "only-customers": ["12:11 Dana Reyes opened the call for the team.", "8:30–13:30 | 100 %"],
    "thanks-by-name": ["Marcus Webb went on after the customer; no question was heard", "1 take-over."],
    "nickname-hand-over": ["Dana Reyes had just named William Webb", "No take-over."],
    "taken-back": ["How it ended: Dana Reyes cut in and took the lead back."],
    "end-of-call": ["no one else from the team led after that", "Marcus Webb closed the call for the team."],
    "may-i-ask-marcus": ["The customer named Marcus Webb. Marcus Webb answered.", "No take-over."],
    "one-word": ["Dana Reyes had just named Marcus Webb", "No take-over."],
    "ray-over-to-you": ["Marcus Webb went on after Dana Reyes had stopped", "1 take-over."],
    "probably-demo": ["by the planned order this is probably it. Priya Nair led here.", "No take-over."],
    "two-unknown": ["if S4 and S5 are from your team, the answer would be no (80 %)"],
    "italian": ["Anna Riva had just handed over", "No take-over."],
    "open-redirect": [
        "Marcus Webb took 1 question of the customer: Marcus Webb kept it short, and Dana Reyes had",
        "What made it possible to leave the next word to Dana Reyes?",
    ],
    "silence-29": ["Marcus Webb stopped, and Dana Reyes went on, 28 s later", "the two measures disagree"],
    "lead-not-seller": ["Marcus Webb led, with 89 %", "Marcus Webb went on 11 s after Dana Reyes's last word"],
    "demo-and-manager": [
        "1 take-over. Beside that, and not counted as such: planned hand-over.",
        "Led by Priya Nair, as planned for the most part; Marcus Webb took over at 2:59.",
    ],
    "invited-and-interrupted": ["1 take-over. Beside that, and not counted as such: handed over."],
    "demo-shortened": ["Planned for Priya Nair, led by Dana Reyes."],
}
NEVER: dict[str, list[str]] = {
    "absent": ["may be the salesperson", "--salesperson", "no one has said who the salesperson is"],
    "invited": ["paused", "had stopped", "1 take-over"],
    "named-salesperson": ["turned to Marcus", "asked by the customer", "named Marcus", "drawn in"],
    "objection": ["paused", "had stopped"],
    "redirected": ["1 take-over"],
    "short-questions": ["kept the lead to the end"],
    "bursts": [],
    "planned-demo": ["did not lead", "1 take-over", "Dana Reyes's lead share fell"],
    "silent-manager": ["surely 100 %"],
    "voicemail": ["fell by", "Worth talking about"],
    "customers-talk": ["0:50–11:12: take-over"],
    "band": ["70 % of what the team said"],
    "german-invited": ["had stopped"],
    "roster-absent": ["--salesperson", "may be the salesperson"],
    "thanks-between": ["1 take-over"],
    "german-separable": ["1 take-over"],
    "french-hand-over": ["1 take-over"],
    "dutch-phrase": ["1 take-over"],
    "customer-asks-colleague": ["turned to Marcus Webb", "Marcus Webb took a question"],
    "timed-demo-taken": ["which voice is Priya Nair is not known"],
    "absent-two-managers": ["--salesperson", "may be the salesperson"],
    "unknown-small": ["the answer would be yes"],
    "unknown-names": ["the customer had just"],
    "cut-in-continues": ["0.0 s later"],
    "small-talk": ["What did the customer need"],
    "only-customers": ["0:00–5:00"],
    "thanks-by-name": ["had just named Marcus Webb"],
    "may-i-ask-marcus": ["Somebody else answered"],
    "two-unknown": ["Dana Reyes led, with"],
    "silence-29": ["that counts for no one's lead time"],
    "lead-not-seller": ["the salesperson went on"],
}


def test_no_words_are_quoted_at_both_ends_of_a_change() -> None:
    (change,) = played("small-talk").record.lead.changes
    assert [quote.text.split()[0] for quote in (*change.before, *change.after)] == ["Good", "trains"]


def told(name: str) -> str:
    return "\n".join(played(name).sentences)


@pytest.mark.parametrize(("name", "says"), [(name, one) for name, all_ in SAYS.items() for one in all_])
def test_a_debrief_says(name: str, says: str) -> None:
    assert says in told(name)


@pytest.mark.parametrize(("name", "never"), [(name, one) for name, all_ in NEVER.items() for one in all_])
def test_a_debrief_never_says(name: str, never: str) -> None:
    assert never not in told(name)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_contradicts_the_headline(name: str) -> None:
    lead, text = played(name).record.lead, told(name)
    assert name in SAYS
    if lead.led == "not_judged":
        assert not played(name).record.remarks
    if "the two measures disagree" in text:
        assert lead.led in ("yes", "no")
    counted = re.findall(r"(\d+) take-overs?\.", lead.headline)
    assert [int(number) for number in counted] == ([len(lead.take_overs)] if lead.take_overs else [])
    if lead.led == "no" and lead.basis == "team-talk":
        assert lead.changes or lead.came_in


def test_who_had_the_lead_in_short_questions_and_silences() -> None:
    dana = played("short-questions").record.person("S1").lead_time_share
    assert dana is not None
    assert (dana.value or 0.0) >= 0.85
    whole = played("hold").record.person("S1").lead_time_share
    assert whole is not None
    assert whole.denominator < 200 * 16_000
