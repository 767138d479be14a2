"""The names of recordings: what is left of one without its suffix, which is what files beside it are named after."""

from __future__ import annotations

import re

_MEDIA_SUFFIX = re.compile(r"(?<=.)\.(?=[0-9]*[A-Za-z])[A-Za-z0-9]{1,5}\Z", re.DOTALL)


def bare_name(file_name: str) -> str:
    """The name without the suffix of a media file; a name without one (`call 12.5.2026`) stays whole."""
    return _MEDIA_SUFFIX.sub("", file_name)


def has_media_suffix(file_name: str) -> bool:
    """Whether a name ends as the names of media files do: in a dot and up to five letters and digits."""
    return bare_name(file_name) != file_name
