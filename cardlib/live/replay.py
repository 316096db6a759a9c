# SPDX-License-Identifier: MIT
"""A capture as a card: it gives the recorded answers, and says where it has none.

It plays strictly in order or by state. By state, a command is looked up with the application and
file that are selected. Bytes that differ every time (the unpredictable number, amount, date, a
challenge) do not count; the DOL in force says where they are.
"""

from __future__ import annotations

import re
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import partial
from typing import Literal

from ..core.apdu import parse_command
from ..core.blocks import Pair
from ..core.errors import CaptureError, CardlibError
from ..core.model import Capture, Exchange, Frame, Sender, record
from ..core.transport import pair, unjoined
from ..road.follow import after, before, reset
from ..road.meaning import halves
from .link import Removed
from .spoken import spoken_command

Mode = Literal["strict", "state"]
# What becomes of an answer.
Fault = Callable[[bytes], bytes]
# Application, AID, DF and EF that are selected, then the command without volatile bytes.
Key = tuple[str, str, str, str, bytes]
VOLATILE = frozenset(("9F37", "9F02", "9F03", "9F21", "9A", "9F4C", "9F45", "81", "DF8301"))
# Frames of one exchange in parts that are remembered.
MAX_FRAMES = 64
# Status words (ISO/IEC 7816-4, 5.6).
NO_FILE = b"\x6a\x82"
NO_INSTRUCTION = b"\x6d\x00"
NO_DIAGNOSIS = b"\x6f\x00"
# The instruction SELECT (ISO/IEC 7816-4, 11.1.1).
_SELECT = b"\xa4"
# The ATR of a session that has none: direct convention, T=0 and T=1 are offered.
ATR = bytes.fromhex("3B80800101")
_FAULT = re.compile(r"(\d{1,9}):(?:(empty|one-byte|pull)|delay=(\d{1,6}(?:\.\d{1,6})?))", re.ASCII)


@record
class Step:
    """One recorded command on the wire, its answer and how long the answer took."""

    command: bytes
    answer: bytes
    seconds: float


class Replay:
    """A card that plays a capture.

    `divergences` lists the commands that are not in the capture, `gaps` what the capture lacks.
    """

    def __init__(
        self,
        capture: Capture,
        mode: Mode = "state",
        timing: bool = False,
        faults: Iterable[tuple[int, Fault]] = (),
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.mode = mode
        self.timing = timing
        self.say = say
        self.faults = dict(faults)
        self.gaps: list[str] = []
        self.divergences: list[str] = []
        self.steps: list[Step] = []
        # For each session its ATR and its range of steps.
        self.sessions: list[tuple[bytes, range]] = []
        self.places: dict[Key, list[int]] = {}
        for session in capture.sessions:
            self._learn(session.atr or ATR, session.exchanges)
        if not self.steps:
            reason = "no exchange with command and answer: nothing to replay"
            raise CaptureError(reason, capture.path)
        self.turn = -1
        self.at = 0
        self.answered = 0
        self.state = _State(ATR)
        self.origin = next((exchange.origin for exchange in capture.exchanges), None)

    def _learn(self, atr: bytes, exchanges: Iterable[Exchange]) -> None:
        """The steps of a session, each under the state that a card would be in."""
        state = _State(atr)
        first = len(self.steps)
        for exchange in exchanges:
            for part in unjoined(exchange.frames):
                if isinstance(part, Pair) and _is_apdu(part):
                    self._learn_pair(part, exchange.index, state)
        if len(self.steps) > first:
            self.sessions.append((atr, range(first, len(self.steps))))

    def _learn_pair(self, part: Pair, index: int, state: _State) -> None:
        if part.command is None:
            self.gaps.append(f"exchange {index} has no command")
        elif part.response is None:
            self.gaps.append(f"exchange {index} has no answer")
        else:
            step = Step(part.command.raw, part.response.raw, _seconds(part))
            same_key = self.places.setdefault(state.key(step.command), [])
            same_key.append(len(self.steps))
            self.steps.append(step)
            state.follow(step.command, step.answer)

    def power_on(self) -> bytes:
        """The ATR of the next session that was recorded; after the last comes the first again."""
        self.turn = (self.turn + 1) % len(self.sessions)
        atr, steps = self.sessions[self.turn]
        self.at = steps.start
        self.state = _State(atr)
        return atr

    def answer(self, command: bytes) -> bytes:
        """The recorded answer, with a fault where one was asked for.

        A command that is not in the capture is a divergence: it gets the answer of a card without
        this command.
        """
        answer = self._recorded_or_refused(command)
        self.state.follow(command, answer)
        fault = self.faults.get(self.answered)
        self.answered += 1
        if fault is None:
            return answer
        return fault(answer)

    def _recorded_or_refused(self, command: bytes) -> bytes:
        place = self._strict(command) if self.mode == "strict" else self._by_state(command)
        if isinstance(place, str):
            text = spoken_command(command, self.state.now, self.origin)
            divergence = f"command {self.answered}: {text}{place}"
            self.divergences.append(divergence)
            self.say(divergence)
            return self._refusal(command)
        step = self.steps[place]
        self.at = place + 1
        if self.timing:
            time.sleep(step.seconds)
        return step.answer

    def _refusal(self, command: bytes) -> bytes:
        """No such file, no such instruction anywhere in the capture, or no precise diagnosis."""
        ins = command[1:2]
        if ins == _SELECT:
            return NO_FILE
        if any(step.command[1:2] == ins for step in self.steps):
            return NO_DIAGNOSIS
        return NO_INSTRUCTION

    def _strict(self, command: bytes) -> int | str:
        """The place of the next command if it is this one, else what the next command is."""
        _, steps = self.sessions[self.turn]
        if self.at not in steps:
            return "; the capture has no more"
        recorded = self.steps[self.at].command
        if recorded == command:
            return self.at
        return f"; the capture has {spoken_command(recorded, self.state.now, self.origin)}"

    def _by_state(self, command: bytes) -> int | str:
        """The next place in this session, else its first place, else the first in any session."""
        places = self.places.get(self.state.key(command))
        if places is None:
            return " is not in the capture in this state"
        _, steps = self.sessions[self.turn]
        for start in (self.at, steps.start):
            nearest = bisect_left(places, start)
            if nearest < len(places) and places[nearest] in steps:
                return places[nearest]
        return places[0]


def _is_apdu(part: Pair) -> bool:
    """Whether a reader can send and a card answer it; a chip with commands of its own is no card for PC/SC."""
    half = part.command or part.response
    return half is None or half.protocol == "apdu"


def _seconds(part: Pair) -> float:
    """How long the answer took; 0 where the capture has no times."""
    if part.start_ns is None or part.end_ns is None:
        return 0.0
    nanoseconds = max(part.end_ns - part.start_ns, 0)
    return nanoseconds / 1e9


class _State:
    """What is selected after the commands and answers so far.

    An exchange in parts is followed when its parts are joined: `pending` are its frames, `start` is
    the card before it, `now` the card after it.
    """

    def __init__(self, atr: bytes) -> None:
        self.start = self.now = reset(atr)
        self.pending: tuple[Frame, ...] = ()

    def key(self, raw: bytes) -> Key:
        """State and command, without the bytes that differ every time."""
        if len(raw) < 4:
            return ("", "", "", "", raw)
        command = parse_command(raw)
        context = before(self.now, command)
        text = bytearray(raw)
        for _, half in halves(Exchange(0, 0, command, None, context=context)):
            for _, node in half.walk():
                if node.tag in VOLATILE:
                    text[node.body : node.stop] = bytes(node.stop - node.body)
        return (context.application, context.aid, context.df, context.ef, bytes(text))

    def follow(self, raw: bytes, answer: bytes) -> None:
        """Follow one more command and its answer."""
        if len(raw) < 4:
            return
        frames = (_frame("reader", raw), _frame("card", answer))
        pairs = [part for part in pair((*self.pending, *frames)) if isinstance(part, Pair)]
        last = pairs[-1]
        continues = last.frames != frames
        if not continues:
            self.start = self.now
        self.now = after(self.start, last.command, last.response)
        self.pending = ()
        if len(last.frames) <= MAX_FRAMES:
            self.pending = last.frames


def _frame(sender: Sender, data: bytes) -> Frame:
    return Frame(0, None, sender, "apdu", data, 0, 0, 0)


def parse_fault(text: str) -> tuple[int, Fault]:
    """Which answer, counted from 0, and what becomes of it.

    The forms are "3:empty", "3:one-byte", "3:pull" and "3:delay=0.5" (seconds).
    """
    match = _FAULT.fullmatch(text)
    if match is None:
        raise CardlibError(f"{text!r} is no fault: N:empty, N:one-byte, N:pull or N:delay=SECONDS")
    number, kind, seconds = match.groups()
    fault = partial(_spoiled, kind or "delay", float(seconds or 0))
    return int(number), fault


def _spoiled(kind: str, seconds: float, answer: bytes) -> bytes:
    """An answer after its fault; Removed where the fault is that the card is pulled."""
    if kind == "pull":
        raise Removed
    time.sleep(seconds)
    if kind == "empty":
        return b""
    if kind == "one-byte":
        return answer[:1]
    return answer
