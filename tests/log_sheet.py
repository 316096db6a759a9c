# SPDX-License-Identifier: MIT
"""A made-up log while it is written: its rows, and which bytes of which half stand in them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from log_bytes import Spelling, spelling, tokens_of
from log_dialogues import Dialogue
from log_words import Clock, Prefix, marks, prefix

HalfKey = tuple[int, str]  # the number of the pair on the wire, "command" or "response"


@dataclass
class Half:
    """A command or an answer as the log has it; `cut` is the mark of truncation behind it."""

    key: HalfKey
    tokens: list[str]
    cut: str = ""
    is_hidden: bool = False
    original: list[str] = field(default_factory=list)  # before bytes were cut off

    def __post_init__(self) -> None:
        self.original = list(self.tokens)

    @property
    def data(self) -> list[str]:
        return self.tokens[:-2]

    @property
    def status(self) -> list[str]:
        return self.tokens[-2:]

    @property
    def is_whole(self) -> bool:
        return not self.cut and not self.is_hidden


@dataclass
class Turn:
    """A pair on the wire, and the name of its command."""

    number: int
    command: Half
    response: Half
    name: str


@dataclass
class Shown:
    """Bytes of a half as they stand in a row."""

    half: HalfKey
    tokens: list[str]
    text: str


@dataclass
class Row:
    """A line of the log, in parts; the bytes among them are `Shown`."""

    parts: list[str | Shown]

    @property
    def text(self) -> str:
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)

    @property
    def shown(self) -> list[Shown]:
        return [part for part in self.parts if isinstance(part, Shown)]


INSTRUCTIONS = {
    "A4": "SELECT", "B0": "READ BINARY", "B2": "READ RECORD", "A8": "GET PROCESSING OPTIONS",
    "AE": "GENERATE AC", "CA": "GET DATA", "CB": "GET DATA", "20": "VERIFY", "84": "GET CHALLENGE",
    "82": "EXTERNAL AUTHENTICATE", "88": "INTERNAL AUTHENTICATE", "C0": "GET RESPONSE",
    "86": "GENERAL AUTHENTICATE", "87": "GENERAL AUTHENTICATE", "D6": "UPDATE BINARY",
    "DC": "UPDATE RECORD", "F2": "STATUS", "70": "MANAGE CHANNEL", "22": "MANAGE SECURITY ENVIRONMENT",
    "2A": "PERFORM SECURITY OPERATION", "E2": "STORE DATA", "10": "TERMINAL PROFILE",
    "5C": "GET BALANCE", "50": "INITIALIZE",
}  # fmt: skip


class Log:
    """The rows of a log; `style` draws what all its halves share."""

    def __init__(self, rng: random.Random, name: str, dialogue: Dialogue) -> None:
        self.rng = rng
        self.features: set[str] = {f"dialogue: {name}"}
        self.dialogue = dialogue
        self.rows: list[Row] = []
        self.clock = Clock(rng)
        self.prefix: Prefix = lambda clock: ""
        self.marks = marks(rng, self.features)
        self.spelling: Spelling = spelling(rng, self.features)
        self.turns: list[Turn] = []
        for group in dialogue:
            for command, response in group:
                number = len(self.turns)
                name = INSTRUCTIONS.get(command[2:4], "command")
                command_half = Half((number, "command"), tokens_of(command))
                response_half = Half((number, "response"), tokens_of(response))
                self.turns.append(Turn(number, command_half, response_half, name))

    def draw_prefix(self) -> None:
        self.prefix = prefix(self.rng, self.features)

    def chance(self, share: float, feature: str = "") -> bool:
        """Whether something happens, recorded as a feature of the file."""
        happens = self.rng.random() < share
        if happens and feature:
            self.features.add(feature)
        return happens

    def choose(self, *choices: str) -> str:
        return self.rng.choice(choices)

    def bytes_of(
        self, half: Half, start: int = 0, stop: int | None = None, spelled: Spelling | None = None
    ) -> Shown:
        """The bytes `start:stop` of a half, spelled."""
        tokens = half.tokens[start:stop]
        return Shown(half.key, tokens, (spelled or self.spelling).render(tokens))

    def row(self, *parts: str | Shown, prefixed: bool = True) -> None:
        """Write a line; a logger's prefix may begin a line of its own."""
        self.clock.tick(self.rng.choice([1, 2, 3, 7, 12, 31, 55]))
        before = self.prefix(self.clock) if prefixed else ""
        *earlier, last = before.split("\n")
        self.rows += [Row([line]) for line in earlier]
        self.rows.append(Row([last, *parts]))

    def plain_row(self, text: str = "") -> None:
        """Write a line that no logger wrote."""
        self.rows.append(Row([text]))

    def text_of(self, tokens: Sequence[str]) -> str:
        return self.spelling.render(tokens)


@dataclass
class Style:
    """What the halves of one log have in common, beside their marks and their spelling."""

    status: str = "with"
    status_form: str = "SW={}"
    length: str = ""
    remark: str = ""
    echo: tuple[str, str] | None = None
    explain: set[str] = field(default_factory=set)
    duration: str = ""
    title: str = ""
    width: int = 0
    indent: str = ""
    prefix_all: bool = True
    blank_lines: bool = False
