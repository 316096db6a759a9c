# SPDX-License-Identifier: MIT
"""A capture as a card: it gives the recorded answers, strictly in order or by state, and says where it cannot.

By state, a command is looked up with the application and file that are selected; bytes that differ every time (the
unpredictable number, amount, date, a challenge, found through the DOL in force) do not count.
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
from ..core.codec import to_hex
from ..core.errors import CaptureError, CardlibError
from ..core.model import Capture, Exchange, Frame, record
from ..core.transport import pair, unjoined
from ..road.follow import after, before, reset
from ..road.pipeline import halves
from .link import Removed

Mode = Literal["strict", "state"]
Fault = Callable[[bytes], bytes]  # what becomes of an answer
Key = tuple[str, str, str, str, bytes]
VOLATILE = frozenset(("9F37", "9F02", "9F03", "9F21", "9A", "9F4C", "9F45", "81", "DF8301"))
MAX_HELD = 64  # frames of one exchange in parts
NO_FILE, NO_INSTRUCTION, NO_DIAGNOSIS = b"\x6a\x82", b"\x6d\x00", b"\x6f\x00"  # ISO/IEC 7816-4, 5.6
ATR = bytes.fromhex("3B80800101")
_FAULT = re.compile(r"(\d{1,9}):(?:(empty|one-byte|pull)|delay=(\d{1,6}(?:\.\d{1,6})?))", re.ASCII)


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
        faults: Iterable[tuple[int, Fault]] = (),
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.mode, self.timing, self.say = mode, timing, say
        self.faults = dict(faults)
        self.gaps: list[str] = []
        self.divergences: list[str] = []
        self.steps: list[Step] = []
        self.sessions: list[tuple[bytes, range]] = []  # ATR and steps
        self.places: dict[Key, list[int]] = {}
        for session in capture.sessions:
            self._learn(session.atr or ATR, session.exchanges)
        if not self.steps:
            raise CaptureError(
                "no exchange with command and answer: nothing to replay", capture.path
            )
        self.turn, self.at, self.answered = -1, 0, 0
        self.state = _State(ATR)

    def _learn(self, atr: bytes, exchanges: Iterable[Exchange]) -> None:
        """The steps of a session, each under the state that a card would be in."""
        state, first = _State(atr), len(self.steps)
        parts = (
            (exchange.index, part) for exchange in exchanges for part in unjoined(exchange.frames)
        )
        for index, part in parts:
            if not isinstance(part, Pair):
                continue
            if part.command is None or part.response is None:
                self.gaps.append(
                    f"exchange {index} has no {'answer' if part.command else 'command'}"
                )
                continue
            took = (
                0
                if part.start_ns is None or part.end_ns is None
                else max(part.end_ns - part.start_ns, 0)
            )
            command, answer = part.command.raw, part.response.raw
            self.places.setdefault(state.key(command), []).append(len(self.steps))
            self.steps.append(Step(command, answer, took / 1e9))
            state.follow(command, answer)
        if len(self.steps) > first:
            self.sessions.append((atr, range(first, len(self.steps))))

    def power_on(self) -> bytes:
        """The ATR of the next session that was recorded, of the first again after the last."""
        self.turn = (self.turn + 1) % len(self.sessions)
        atr, steps = self.sessions[self.turn]
        self.at, self.state = steps.start, _State(atr)
        return atr

    def answer(self, command: bytes) -> bytes:
        """The recorded answer, else that of a card without this command, and a divergence; faults where asked for."""
        found = self._strict(command) if self.mode == "strict" else self._by_state(command)
        if isinstance(found, str):
            answer = self._lacks(command)
            self.divergences.append(f"command {self.answered}: {to_hex(command)}{found}")
            self.say(self.divergences[-1])
        else:
            self.at, answer = found + 1, self.steps[found].answer
            if self.timing:
                time.sleep(self.steps[found].seconds)
        self.state.follow(command, answer)
        fault = self.faults.get(self.answered)
        self.answered += 1
        return fault(answer) if fault else answer

    def _lacks(self, command: bytes) -> bytes:
        """No such file, no such instruction in the whole capture, or no precise diagnosis."""
        ins = command[1:2]
        if ins == b"\xa4":
            return NO_FILE
        return (
            NO_DIAGNOSIS if any(step.command[1:2] == ins for step in self.steps) else NO_INSTRUCTION
        )

    def _strict(self, command: bytes) -> int | str:
        """The place of the next command if it is this one, else what it is."""
        if self.at not in self.sessions[self.turn][1]:
            return "; the capture has no more"
        wanted = self.steps[self.at].command
        return self.at if wanted == command else f"; the capture has {to_hex(wanted)}"

    def _by_state(self, command: bytes) -> int | str:
        """The next place in this session, else its first one, else the first in any session."""
        places = self.places.get(self.state.key(command))
        if places is None:
            return " is not in the capture in this state"
        steps = self.sessions[self.turn][1]
        near = (bisect_left(places, start) for start in (self.at, steps.start))
        return next(
            (places[at] for at in near if at < len(places) and places[at] in steps), places[0]
        )


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


def parse_fault(text: str) -> tuple[int, Fault]:
    """Which answer, counted from 0, and what becomes of it: "3:empty", "3:one-byte", "3:pull" or "3:delay=0.5"."""
    found = _FAULT.fullmatch(text)
    if found is None:
        raise CardlibError(f"{text!r} is no fault: N:empty, N:one-byte, N:pull or N:delay=SECONDS")
    return int(found[1]), partial(_spoiled, found[2] or "delay", float(found[3] or 0))


def _spoiled(kind: str, seconds: float, answer: bytes) -> bytes:
    if kind == "pull":
        raise Removed
    time.sleep(seconds)
    return {"empty": b"", "one-byte": answer[:1]}.get(kind, answer)
