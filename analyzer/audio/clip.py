"""A stretch of a call as a small file that a web page can play, or as a WAV file, which every program plays.

Opus at 24 kbit/s in WEBM: Chrome, Edge and Firefox play it, and Safari from 17 on. OGG, the other home of Opus, is
what Safari refused for longest.
"""

from __future__ import annotations

import wave
from fractions import Fraction
from io import BytesIO

import av
import numpy as np

from analyzer.audio.sample_buffer import Samples
from analyzer.timeline import SAMPLE_RATE

MIME_TYPE = "audio/webm"
"""What a page has to call the bytes of `opus_clip`."""

BIT_RATE = 24_000


def opus_clip(samples: Samples) -> bytes:
    """`samples`, mono at 16 kHz, shape (n,), as a WEBM file with Opus sound at about 24 kbit/s.

    The same samples give the same bytes. What lies beyond full scale is clipped, what is no number is silent. Raises
    `ValueError` for an empty stretch or more than one channel.
    """
    if samples.ndim != 1 or not len(samples):
        raise ValueError(f"a clip is made of a stretch of mono samples, not of shape {samples.shape}")
    whole = _whole(samples)
    file = BytesIO()
    # Bit-exact: no random track number and no version of FFmpeg in the file.
    with av.open(file, "w", format="webm", container_options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libopus", rate=SAMPLE_RATE)
        stream.layout = "mono"
        stream.format = "s16"
        stream.bit_rate = BIT_RATE
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        stream.codec_context.open()
        step = stream.codec_context.frame_size
        for at in range(0, len(whole), step):
            frame = av.AudioFrame.from_ndarray(whole[None, at : at + step], format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, at, Fraction(1, SAMPLE_RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def wav_clip(samples: Samples) -> bytes:
    """`samples`, mono at 16 kHz, shape (n,), as a WAV file of 16 bits."""
    file = BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, SAMPLE_RATE, len(samples), "NONE", ""))
        out.writeframes(_whole(samples).astype("<i2").tobytes())
    return file.getvalue()


def _whole(samples: Samples) -> np.ndarray:
    """Samples as whole numbers of 16 bits."""
    limited = np.clip(np.nan_to_num(samples, nan=0.0), -1.0, 1.0)
    return np.round(limited * 32767).astype(np.int16)
