# SPDX-License-Identifier: MIT
"""What is said about a bare string: its readings, how sure each is, and what else would fit."""

from __future__ import annotations

from dataclasses import field

from ..core.errors import CaptureError
from ..core.model import Context, Node, record
from ..core.printing import Printed

# How much speaks for a reading.
GUESS = 1  # its size alone
FITS = 2  # its form, of which other strings may be by chance
LIKELY = 3  # its form and known names, with a doubt
SURE = 4  # it tiles exactly with known names, or says itself what it is
PROVEN = 5  # a check digit or check sum of its own is right
WORDS = {
    GUESS: "a guess",
    FITS: "perhaps",
    LIKELY: "likely",
    SURE: "sure",
    PROVEN: "sure",
}


@record
class Reading:
    """One way to read a string.

    kind: what `--as` calls it; remarks: what is wrong, or else worth a line; atr: the bytes of an ATR.
    """

    kind: str
    title: str
    strength: int
    reason: str
    nodes: tuple[Node, ...] = field(default=(), repr=False)
    remarks: tuple[str, ...] = ()
    atr: bytes = field(default=b"", repr=False)


@record
class Explanation(Printed):
    """What a text is: the surest readings (several where nothing decides), then weaker ones that fit too.

    parts: of several strings, each explained; tried: where nothing fits, what does not and why.
    """

    readings: tuple[Reading, ...] = ()
    others: tuple[Reading, ...] = ()
    parts: tuple[Explanation, ...] = ()
    tried: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether there is any reading."""
        return bool(self.readings or self.parts)

    @property
    def sure(self) -> bool:
        """Whether one reading is right and no other can be."""
        if self.parts:
            return all(part.sure for part in self.parts)
        return len(self.readings) == 1 and self.readings[0].strength >= SURE

    @property
    def kind(self) -> str:
        """The kind of the reading; empty where nothing decides."""
        if len(self.readings) == 1:
            return self.readings[0].kind
        return ""


@record
class Caller:
    """What the caller knows: the AID of the application, files with rows of their own."""

    aid: str = ""
    dictionaries: tuple[str, ...] = ()

    def context(self, application: str) -> Context:
        """A context of that application, under the caller's files."""
        return Context(application=application, aid=self.aid, dictionaries=self.dictionaries)


class NoFit(CaptureError):
    """A string that is not what it is said to be: one line that says what does not fit."""


def refuse(reason: str) -> NoFit:
    """The reason why a reading does not fit."""
    return NoFit(reason)
