# SPDX-License-Identifier: MIT
"""A dialogue as it may be said on a terminal while it goes on: PINs, keys and what rows mark are hidden."""

from __future__ import annotations

from ..core.apdu import parse_command
from ..core.blocks import Pair
from ..core.codec import to_hex
from ..core.model import Card, Exchange, Frame, Origin
from ..core.transport import pair
from ..road.follow import after, before, begin, reset
from ..share.masked_frames import frame_hex
from ..share.masking import shown

MAX_FRAMES = 64  # of one exchange in parts that are remembered
STATUS = 4  # hex digits of a status word
NOWHERE = -2  # the number of a command that is in no capture


class Spoken:
    """Follows a dialogue and hides what is secret in it, also in the parts of an answer that is fetched later."""

    def __init__(self, atr: bytes | None) -> None:
        self.start = self.now = reset(atr) if atr else begin()
        self.origin = Origin()
        self.pending: tuple[Frame, ...] = ()
        self.count = 0

    def line(self, command: bytes, answer: bytes) -> str:
        """A command and its answer in one line."""
        frames = (
            Frame(0, None, "reader", "apdu", command, 0, 0, 0),
            Frame(0, None, "card", "apdu", answer, 0, 0, 0),
        )
        pairs = [part for part in pair((*self.pending, *frames)) if isinstance(part, Pair)]
        last = pairs[-1]
        if last.frames == frames:
            self.start = self.now
        context = before(self.start, last.command)
        exchange = Exchange(
            self.count,
            0,
            last.command,
            last.response,
            frames=last.frames,
            context=context,
            origin=self.origin,
        )
        self.count += 1
        self.now = after(self.start, last.command, last.response, context)
        self.pending = last.frames if len(last.frames) <= MAX_FRAMES else ()
        *_, command_hex, answer_hex = frame_hex(exchange, shown(exchange))
        spaced_answer = f"{answer_hex[:-STATUS]} {answer_hex[-STATUS:]}".lstrip()
        return f"{command_hex} -> {spaced_answer}"


def spoken_command(raw: bytes, card: Card, origin: Origin | None) -> str:
    """The hex of a command that a card in this state gets, without what is secret in it or in the capture."""
    if len(raw) < STATUS:
        return to_hex(raw)
    command = parse_command(raw)
    context = before(card, command)
    exchange = Exchange(NOWHERE, 0, command, None, context=context, origin=origin)
    return shown(exchange)[0].hex
