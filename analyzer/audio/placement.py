"""Puts decoded sound where its timestamps say it belongs, in a buffer at 16 kHz, so that nothing lost moves the rest.

    file        |--a--||--b--|   lost   |--c--|     pause      |--d--|
    buffer      |--a----b----|..........|--c--|................|--d--|

Sound that goes on where the sound before it ended is one **run** and goes through one resampler. A run ends where the
timestamps jump by more than jitter, or where rate, format or channels change; the next one starts at its own time.
Silence fills the gap. Where runs overlap, what came first stays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import av
import numpy as np

from analyzer.audio.opening import FAILURES, layout_of
from analyzer.audio.packets import Lost, Sound
from analyzer.audio.sample_buffer import SampleBuffer, Samples
from analyzer.timeline import SAMPLE_RATE, Span, samples

JITTER = 0.04
"""Seconds by which timestamps may be off without meaning it: recorders in browsers stamp packets when they come in."""

EXACT = 0.002
"""The same where something was just lost: a jump of one frame is then no jitter."""

PAUSE = 0.1
"""Shorter pauses, in seconds, are kept but not told, unless something was lost there."""

OVERLAP = 2.0
"""Timestamps that go back by up to these seconds give the same time twice; beyond, a second recording was appended."""

GAP = 3600.0
"""The longest pause that is believed, in seconds. Call software on hold may stop stamping for long; a broken timestamp
may claim years."""

GAPS = 6 * GAP
"""All pauses of a recording together, in seconds: beyond, its timestamps are broken."""


class _Run:
    """Sound without a break, from `start` seconds on, through one resampler; `position` is its place in the buffer."""

    def __init__(self, frame: Any, start: float) -> None:
        self.kind = kind_of(frame)
        self.rate: int = frame.sample_rate
        self.start = start
        self.position = samples(start)
        self.failed = False
        self._taken = 0
        self._resampler = av.AudioResampler(format="flt", rate=SAMPLE_RATE)

    @property
    def end(self) -> float:
        """Where the next frame of this run begins, in seconds."""
        return self.start + self._taken / self.rate

    def take(self, frame: Any, buffer: SampleBuffer) -> None:
        """Records a frame; `failed` tells when FFmpeg cannot resample it."""
        self._taken += frame.samples
        frame.pts = None  # the place in the buffer is decided here, not by the resampler
        self._record(frame, buffer)

    def finish(self, buffer: SampleBuffer) -> None:
        """Records what the resampler still holds."""
        if not self.failed:
            self._record(None, buffer)

    def _record(self, taken: Any, buffer: SampleBuffer) -> None:
        try:
            frames = self._resampler.resample(taken)
        except FAILURES:
            self.failed = True
            return
        for frame in frames:
            channels = layout_of(frame).nb_channels
            # Packed samples: PyAV reads past the list of planes when there are eight or more.
            block = np.frombuffer(frame.planes[0], np.float32, frame.samples * channels).reshape(-1, channels)
            buffer.write(self.position, _fitted(block, buffer.channels))
            self.position += frame.samples


class Placement:
    """Takes sounds and losses in file order and writes them to a buffer, which exists from the first sound on.

    `gaps` is where silence stands in for what is lost or was never recorded, `late` how long the recording is silent
    before its first sound, in samples; `restarts` is where timestamps were not believed, `repeated` how much came
    twice and was dropped, `changes` where the number of channels changed (from, to).
    """

    def __init__(self, buffer_for: Callable[[int], SampleBuffer], tick: float) -> None:
        self.buffer: SampleBuffer | None = None
        self.gaps: list[Span] = []
        self.late = 0
        self.restarts: list[int] = []
        self.repeated = 0.0
        self.changes: list[tuple[int, int, int]] = []
        self._buffer_for = buffer_for
        self._exact = max(EXACT, 0.75 * tick)
        self._shift = 0.0
        self._silences = 0.0
        self._run: _Run | None = None
        self._lost_to: float | None = None

    def lost(self, loss: Lost) -> None:
        """Notes a stretch that could not be decoded. The next sound's time tells how long it really was."""
        at = self._expected if loss.at is None else loss.at + self._shift
        self._lost_to = max(at + loss.length, self._lost_to or 0.0)

    def sound(self, sound: Sound) -> None:
        """Records a frame at its time, or right after the one before where nothing tells its time."""
        frame = sound.frame
        at = self._expected if sound.at is None else sound.at + self._shift
        if self.buffer is None:
            self.buffer = self._buffer_for(layout_of(frame).nb_channels)
        at = self._believed(at)
        run = self._run
        tolerance = self._exact if self._lost_to is not None else JITTER
        if run is None or run.failed or run.kind != kind_of(frame) or abs(at - run.end) > tolerance:
            if run is not None and abs(at - run.end) <= tolerance:
                at = run.end  # the kind of frame changed, the time goes on
            run = self._start(frame, at, self.buffer)
        run.take(frame, self.buffer)
        self._lost_to = run.end if run.failed else None

    def finish(self) -> None:
        """Records what is still held, and silence for what was lost at the end."""
        if self._run is None or self.buffer is None:
            return
        self._run.finish(self.buffer)
        missing = 0.0 if self._lost_to is None else self._lost_to - self._run.end
        if self._exact < missing <= GAP:
            start, end = self.buffer.end, samples(self._lost_to or 0.0)
            self.buffer.skip_to(end)
            if start < end:
                self.gaps.append(Span(start, end))

    @property
    def _expected(self) -> float:
        """Where the next frame goes when it does not say."""
        return self._run.end if self._run else 0.0

    def _believed(self, at: float) -> float:
        """`at`, or the end of the run where timestamps cannot be meant; then all later ones are shifted by as much."""
        expected = self._expected
        jump = at - expected
        if -OVERLAP <= jump <= 0 and self._run is not None and at > JITTER:
            return at
        if JITTER < jump <= GAP and self._silences + jump <= GAPS:
            return at
        if abs(jump) <= JITTER:
            return max(at, 0.0)
        self._shift += expected - at
        if self._run is not None:
            self.restarts.append(samples(expected))
        return expected

    def _start(self, frame: Any, at: float, buffer: SampleBuffer) -> _Run:
        """Ends the run and starts another at `at`."""
        new, old = _Run(frame, at), self._run
        if old is None:
            if self._lost_to is None:
                self.late = new.position
            elif new.position:
                self.gaps.append(Span(0, new.position))
        else:
            old.finish(buffer)
            if old.kind[1] != new.kind[1]:
                self.changes.append((new.position, old.kind[1], new.kind[1]))
            self.repeated += max(0.0, old.end - at)
            missing = at - old.end
            told = missing >= PAUSE or (self._lost_to is not None and missing > self._exact)
            if told and new.position > buffer.end:
                self.gaps.append(Span(buffer.end, new.position))
        self._silences += max(0.0, at - self._expected)
        self._run = new
        return new


def kind_of(frame: Any) -> tuple[int, int, str, str]:
    """What must not change within a run: rate, channels, layout, sample format."""
    layout = layout_of(frame)
    return frame.sample_rate, layout.nb_channels, layout.name, frame.format.name


def _fitted(block: Samples, channels: int) -> Samples:
    """`block`, shape (samples, n), with as many channels as the buffer has, at unchanged level.

    One channel becomes all of them, several become their mean where there is room for one (the loudest where they
    cancel), and otherwise the first ones stay and missing ones are silent.
    """
    have = block.shape[1]
    if have == channels:
        return block
    if have == 1:
        return np.broadcast_to(block, (len(block), channels))
    if channels == 1:
        mean: Samples = block.mean(axis=1, keepdims=True, dtype=np.float32)
        power = np.square(block).sum(axis=0)
        loudest = int(power.argmax())
        return block[:, loudest : loudest + 1] if np.square(mean).sum() < 0.1 * power[loudest] else mean
    out: Samples = np.zeros((len(block), channels), np.float32)
    out[:, : min(have, channels)] = block[:, :channels]
    return out
