# SPDX-License-Identifier: MIT
"""A capture as a card: it gives the recorded answers, strictly in order or by state, and says where it cannot.

By state, a command is looked up with the application and file that are selected; bytes that differ every time (the
unpredictable number, amount, date, a challenge, found through the DOL in force) do not count.
"""

from __future__ import annotations

import contextlib
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Any, Literal, cast, get_args

from ..apdu import parse_command
from ..codec import to_hex
from ..errors import CaptureError, CardlibError
from ..follow import after, before, reset
from ..model import Capture, Exchange, Frame, record
from ..pipeline import halves
from ..transport import Pair, pair, unjoined
from .link import Removed, connect, serve

Mode = Literal["strict", "state"]
Kind = Literal["empty", "one-byte", "delay", "pull"]
Key = tuple[str, str, str, str, bytes]
VOLATILE = frozenset(("9F37", "9F02", "9F03", "9F21", "9A", "9F4C", "9F45", "81", "DF8301"))
MAX_HELD = 64  # frames of one exchange in parts
NOT_RECORDED = b"\x6f\x00"
ATR = bytes.fromhex("3B80800101")


@record
class Fault:
    """Something that goes wrong with the n-th answer, counted from 0; `seconds` is for a delay."""

    answer: int
    kind: Kind
    seconds: float = 0.0


def parse_fault(text: str) -> Fault:
    """A fault from "3:empty", "3:one-byte", "3:pull" or "3:delay=0.5"."""
    place, _, rest = text.partition(":")
    kind, _, seconds = rest.partition("=")
    try:
        if kind in get_args(Kind):
            return Fault(int(place), cast(Kind, kind), float(seconds or 0))
    except ValueError:
        pass
    raise CardlibError(f"{text!r} is no fault: N:KIND with {', '.join(get_args(Kind))}, and delay=SECONDS")


@record
class Step:
    """One recorded command on the wire, its answer and how long that took."""

    command: bytes
    answer: bytes
    seconds: float


class Replay:
    """A card that plays a capture; `divergences` lists what was asked and is not in it, `gaps` what it lacks itself."""

    def __init__(
        self,
        capture: Capture,
        mode: Mode = "state",
        timing: bool = False,
        faults: Iterable[Fault] = (),
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.mode, self.timing, self.say = mode, timing, say
        self.faults = {fault.answer: fault for fault in faults}
        self.gaps: list[str] = []
        self.divergences: list[str] = []
        self.steps: list[Step] = []
        self.sessions: list[tuple[bytes, int, int]] = []  # ATR, first step, behind the last
        self.places: dict[Key, list[int]] = {}
        for session in capture.sessions:
            self._learn(session.atr or ATR, session.exchanges)
        if not self.steps:
            raise CaptureError("no exchange with command and answer: nothing to replay", capture.path)
        self.turn, self.at, self.answered = -1, 0, 0
        self.state = _State(ATR)

    def _learn(self, atr: bytes, exchanges: Iterable[Exchange]) -> None:
        """The steps of a session, each under the state that a card would be in."""
        state, first = _State(atr), len(self.steps)
        parts = ((exchange.index, part) for exchange in exchanges for part in unjoined(exchange.frames))
        for index, part in parts:
            if not isinstance(part, Pair):
                continue
            if part.command is None or part.response is None:
                self.gaps.append(f"exchange {index} has no {'answer' if part.command else 'command'}")
                continue
            took = 0 if part.start_ns is None or part.end_ns is None else max(part.end_ns - part.start_ns, 0)
            command, answer = part.command.raw, part.response.raw
            self.places.setdefault(state.key(command), []).append(len(self.steps))
            self.steps.append(Step(command, answer, took / 1e9))
            state.follow(command, answer)
        if len(self.steps) > first:
            self.sessions.append((atr, first, len(self.steps)))

    def power_on(self) -> bytes:
        """The ATR of the next session that was recorded, of the first again after the last."""
        self.turn = (self.turn + 1) % len(self.sessions)
        atr, self.at, _ = self.sessions[self.turn]
        self.state = _State(atr)
        return atr

    def answer(self, command: bytes) -> bytes:
        """The recorded answer, or 6F00 and a divergence; faults come where they were asked for."""
        found = self._strict(command) if self.mode == "strict" else self._by_state(command)
        answer = NOT_RECORDED
        if isinstance(found, str):
            self.divergences.append(f"command {self.answered}: {to_hex(command)}{found}")
            self.say(self.divergences[-1])
        else:
            self.at, answer = found + 1, self.steps[found].answer
            if self.timing:
                time.sleep(self.steps[found].seconds)
        self.state.follow(command, answer)
        fault = self.faults.get(self.answered)
        self.answered += 1
        return _spoiled(answer, fault) if fault else answer

    def _strict(self, command: bytes) -> int | str:
        """The place of the next command if it is this one, else what it is."""
        if self.at >= self.sessions[self.turn][2]:
            return "; the capture has no more"
        wanted = self.steps[self.at].command
        return self.at if wanted == command else f"; the capture has {to_hex(wanted)}"

    def _by_state(self, command: bytes) -> int | str:
        """The next place in this session, else its first one, else the first in any session."""
        places = self.places.get(self.state.key(command))
        if places is None:
            return " is not in the capture in this state"
        _, first, stop = self.sessions[self.turn]
        for start in (self.at, first):
            found = bisect_left(places, start)
            if found < len(places) and places[found] < stop:
                return places[found]
        return places[0]


class _State:
    """What is selected, after the commands and answers so far; an exchange in parts is followed when it is joined."""

    def __init__(self, atr: bytes) -> None:
        self.card = self.now = reset(atr)
        self.held: tuple[Frame, ...] = ()

    def key(self, raw: bytes) -> Key:
        """Command and state, without the bytes that differ every time."""
        if len(raw) < 4:
            return ("", "", "", "", raw)
        command, text = parse_command(raw), bytearray(raw)
        context = before(self.now, command)
        for _, half in halves(Exchange(0, 0, command, None, context=context)):
            for _, node in half.walk():
                if node.tag in VOLATILE:
                    text[node.body : node.stop] = bytes(node.stop - node.body)
        return (context.application, context.aid, context.df, context.ef, bytes(text))

    def follow(self, raw: bytes, answer: bytes) -> None:
        """The state after one more command and its answer."""
        if len(raw) < 4:
            return
        asked = Frame(0, None, "reader", "apdu", raw, 0, 0, 0)
        answered = Frame(0, None, "card", "apdu", answer, 0, 0, 0)
        last = [part for part in pair((*self.held, asked, answered)) if isinstance(part, Pair)][-1]
        if last.frames == (asked, answered):  # it continues nothing
            self.card = self.now
        self.now = after(self.card, last.command, last.response)
        self.held = last.frames if len(last.frames) <= MAX_HELD else ()


def _spoiled(answer: bytes, fault: Fault) -> bytes:
    if fault.kind == "pull":
        raise Removed
    if fault.kind == "delay":
        time.sleep(fault.seconds)
        return answer
    return b"" if fault.kind == "empty" else answer[:1]


def play(capture: Capture, port: int, say: Callable[[str], None], **options: Any) -> Replay:
    """Serve a capture as a card until the reader goes away or Ctrl-C; says what it lacks and where it was left."""
    card = Replay(capture, say=say, **options)
    for gap in card.gaps:
        say(gap)
    with contextlib.suppress(KeyboardInterrupt):
        serve(card, connect(port), say)
    return card
