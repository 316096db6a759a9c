# SPDX-License-Identifier: MIT
"""What a made-up log holds, and how well it was read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import cardlib
from cardlib.core.model import Capture, Exchange

Read = tuple[str | None, str | None]
Reading = list[tuple[str, str]]
UNKNOWN = "XX"


@dataclass
class Place:
    """Bytes of a half as they stand in a line, counted from 1."""

    line: int
    digits: str
    text: str


@dataclass
class TrueHalf:
    """A half that the log holds: its digits, "XX" for a hidden byte, and where they stand."""

    digits: str
    places: list[Place] = field(default_factory=list)

    @property
    def shown(self) -> str:
        return "".join(place.digits for place in self.places)


@dataclass
class TrueExchange:
    """One exchange; each reading is a list of pairs. Of a loose one, damaged or cut, nothing need be read."""

    wire: list[tuple[TrueHalf, TrueHalf]]
    readings: list[Reading]
    is_loose: bool = False

    @property
    def halves(self) -> list[TrueHalf]:
        return [half for pair in self.wire for half in pair]


@dataclass
class Truth:
    """The dialogue in a made-up log, and the features that were drawn for it."""

    seed: int
    exchanges: list[TrueExchange]
    features: set[str]


@dataclass
class Verdict:
    """How a log was read; `missing` are numbers of exchanges, `false` are exchanges that are not in the dialogue."""

    exchanges: int = 0
    missing: list[int] = field(default_factory=list)
    silent: list[Place] = field(default_factory=list)
    torn: list[Read] = field(default_factory=list)
    false: list[Read] = field(default_factory=list)
    refused: str = ""
    format: str = ""
    problems: int = 0

    @property
    def is_whole(self) -> bool:
        return not (self.missing or self.torn or self.false or self.refused)


def matches(pattern: str, digits: str | None) -> bool:
    """Whether a half is the true one, whatever the bytes are that somebody hid."""
    if digits is None or len(pattern) != len(digits):
        return False
    if UNKNOWN not in pattern:
        return pattern == digits
    pairs = zip(pattern[::2], pattern[1::2], digits[::2], digits[1::2], strict=True)
    return all(
        first + second in (UNKNOWN, third + fourth) for first, second, third, fourth in pairs
    )


class Reader:
    """What was read: the exchanges in hex, and the lines that problems cover."""

    def __init__(self, text: str, capture: Capture) -> None:
        self.pairs = [(raw(one.command), raw(one.response)) for one in capture.exchanges]
        self.flagged = [is_flagged(one) for one in capture.exchanges]
        self.frames = [
            [frame.data.hex().upper() for frame in one.frames] for one in capture.exchanges
        ]
        self.covered = covered_lines(text, capture)


def raw(half: cardlib.core.model.Command | cardlib.core.model.Response | None) -> str | None:
    return None if half is None else half.raw.hex().upper()


def is_flagged(exchange: Exchange) -> tuple[bool, bool]:
    """Whether the library says that something is wrong with the command, and with the answer."""
    command, response = exchange.command, exchange.response
    command_error = command is not None and bool(command.error)
    response_error = response is not None and (bool(response.error) or response.sw is None)
    return command_error, response_error


def covered_lines(text: str, capture: Capture) -> set[int]:
    """The lines that some problem names, or whose bytes it names."""
    encoded = text.encode("utf-8", "surrogateescape")
    is_wide = encoded[:2] in (b"\xff\xfe", b"\xfe\xff")
    covered: set[int] = set()
    for problem in capture.problems:
        if problem.stop <= problem.start:
            continue
        covered.add(problem.unit)
        if not is_wide:
            first = encoded.count(b"\n", 0, problem.start) + 1
            last = encoded.count(b"\n", 0, problem.stop - 1) + 1
            covered.update(range(first, last + 1))
    return covered


def judge(text: str, truth: Truth) -> Verdict:
    """Read a log and compare what was read with what it holds."""
    verdict = Verdict(exchanges=len(truth.exchanges))
    try:
        capture = cardlib.read_text(text)
    except cardlib.CaptureError as error:
        verdict.refused = str(error)
        verdict.missing = [n for n, one in enumerate(truth.exchanges) if not one.is_loose]
        return verdict
    verdict.format, verdict.problems = capture.format, len(capture.problems)
    reader = Reader(text, capture)
    matched, used = align(truth.exchanges, reader)
    extras = [number for number in range(len(reader.pairs)) if number not in used]
    for number, exchange in enumerate(truth.exchanges):
        if number not in matched and not exchange.is_loose:
            verdict.missing.append(number)
    for number in extras:
        pair = reader.pairs[number]
        if is_torn(pair, truth.exchanges, set(matched)):
            verdict.torn.append(pair)
        else:
            verdict.false.append(pair)
    verdict.silent = silent_places(truth.exchanges, matched, reader, extras)
    return verdict


def align(
    exchanges: Sequence[TrueExchange], reader: Reader
) -> tuple[dict[int, list[int]], set[int]]:
    """Which true exchange was read where, in order: as many as can be, whole ones first."""
    count, size = len(exchanges), len(reader.pairs)
    best = [[0] * (size + 1) for _ in range(count + 1)]
    step: dict[tuple[int, int], int] = {}
    for i in range(count - 1, -1, -1):
        for j in range(size, -1, -1):
            best[i][j], step[i, j] = best[i + 1][j], 0
            if j < size and best[i][j + 1] > best[i][j]:
                best[i][j], step[i, j] = best[i][j + 1], -1
            for taken, score in fits(exchanges[i], reader, j):
                total = score + best[i + 1][j + taken]
                if total > best[i][j]:
                    best[i][j], step[i, j] = total, taken
    matched: dict[int, list[int]] = {}
    i = j = 0
    while i < count:
        taken = step[i, j]
        if taken > 0:
            matched[i] = list(range(j, j + taken))
        i, j = (i, j + 1) if taken < 0 else (i + 1, j + taken)
    return matched, {number for numbers in matched.values() for number in numbers}


def fits(exchange: TrueExchange, reader: Reader, start: int) -> Iterable[tuple[int, int]]:
    """How many pairs from `start` on are this exchange, and how good that is."""
    for reading in exchange.readings:
        pairs = reader.pairs[start : start + len(reading)]
        if len(pairs) == len(reading) and all(
            matches(true[0], pair[0]) and matches(true[1], pair[1])
            for true, pair in zip(reading, pairs, strict=True)
        ):
            yield len(reading), 51 if exchange.is_loose else 100
    if not exchange.is_loose:
        return
    taken = 0
    while start + taken < len(reader.pairs) and taken < 2 * len(exchange.wire):
        if not fits_loosely(exchange, reader, start + taken):
            return
        taken += 1
        yield taken, 50 + taken


def fits_loosely(exchange: TrueExchange, reader: Reader, number: int) -> bool:
    """Whether a pair is what is left of a damaged exchange: each half right, missing, or said to be wrong."""
    command, response = reader.pairs[number]
    commands = [half for half, _ in exchange.wire]
    responses = [half for _, half in exchange.wire]
    joined_commands = [reading[0][0] for reading in exchange.readings]
    joined_responses = [reading[0][1] for reading in exchange.readings]
    flags = reader.flagged[number]
    good = [
        is_left(command, commands, joined_commands, flags[0], reader),
        is_left(response, responses, joined_responses, flags[1], reader),
    ]
    if len(exchange.wire) > 1:  # joined with a part missing: its data are what is left
        good[1] = good[1] or (response is not None and response[-4:] in responses[-1].digits)
    return all(good)


def is_left(
    digits: str | None,
    halves: Sequence[TrueHalf],
    joined: Sequence[str],
    flag: bool,
    reader: Reader,
) -> bool:
    if digits is None or any(matches(pattern, digits) for pattern in joined):
        return True
    for half in halves:
        if matches(half.digits, digits):
            return True
        is_covered = any(place.line in reader.covered for place in half.places)
        if (
            flag
            or is_covered
            or (half.shown != half.digits and half.shown == digits and not half_cut(half))
        ):
            return True
    return False


def half_cut(half: TrueHalf) -> bool:
    """Whether the log says itself that bytes are left out: then it must be said of what is read."""
    return half.digits.startswith(half.shown)


def is_torn(pair: Read, exchanges: Sequence[TrueExchange], matched: set[int]) -> bool:
    """Whether a pair is one half of an exchange that was not read whole, and nothing else."""
    for number, exchange in enumerate(exchanges):
        if number in matched:
            continue
        halves = {0: [half for half, _ in exchange.wire], 1: [half for _, half in exchange.wire]}
        for side in (0, 1):
            if pair[1 - side] is None and any(
                matches(half.digits, pair[side]) for half in halves[side]
            ):
                return True
    return False


def silent_places(
    exchanges: Sequence[TrueExchange],
    matched: dict[int, list[int]],
    reader: Reader,
    extras: Sequence[int],
) -> list[Place]:
    """Bytes of the dialogue that are in nothing that was read, and that no problem covers."""
    silent = []
    for number, exchange in enumerate(exchanges):
        numbers = matched.get(number, list(extras))
        if number in matched and not exchange.is_loose:
            continue
        digits = [half for place in numbers for half in reader.pairs[place] if half]
        digits += [data for place in numbers for data in reader.frames[place]]
        for half in exchange.halves:
            for place in half.places:
                known = place.digits.replace(UNKNOWN, "")
                is_read = any(known in one for one in digits)
                if not is_read and place.line not in reader.covered:
                    silent.append(place)
    return silent
