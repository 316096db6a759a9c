# SPDX-License-Identifier: MIT
"""Frames of the wire, masked as the halves are that they carry."""

from __future__ import annotations

import re

from ..core.codec import to_hex
from ..core.model import Exchange, Frame
from ..core.native import NATIVE_KINDS
from ..core.quoting import stars
from .marked import HEADER, STATUS
from .masking import Shown, hide

_UID = re.compile(r"(?<=UID |IDm )[0-9A-F]{8,}")  # in the note of a radio frame
_OPEN_FRAMES = ("atr", "ats", "pps")


def frame_hex(exchange: Exchange, views: list[Shown], reveal: bool = False) -> list[str]:
    """The hex of each frame, masked as the halves are; of what is in no half only header and status are shown."""
    texts = [_frame(frame, reveal) for frame in exchange.frames]
    for view in views:
        half = exchange.command if view.side == "command" else exchange.response
        if half is None:
            continue
        at = 0
        for place, start, stop in half.pieces:
            end = at + 2 * (stop - start)
            before = texts[place][: 2 * start]
            behind = texts[place][2 * stop :]
            texts[place] = before + view.hex[at:end] + behind
            at = end
    return texts


def frame_note(frame: Frame, reveal: bool = False) -> str:
    """The note of a frame; the number of a card in it is hidden as its bytes are."""
    if reveal:
        return frame.note
    return _UID.sub(stars, frame.note)


def _frame(frame: Frame, reveal: bool) -> str:
    text = to_hex(frame.data)
    if reveal or frame.kind in _OPEN_FRAMES:
        return text
    if frame.kind == "rf" or frame.kind in NATIVE_KINDS:
        # It may be an identifier of the card, and has neither header nor status word.
        return hide(text, [(0, len(text))])
    start = 0 if frame.sender == "card" else HEADER
    stop = len(text) if frame.sender == "reader" else len(text) - STATUS
    return hide(text, [(start, stop)])
