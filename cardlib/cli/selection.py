# SPDX-License-Identifier: MIT
"""The options that choose exchanges: --where, --failed, --exchange 48-50, --first."""

from __future__ import annotations

import argparse
import re
import sys

from ..core.model import Capture, record
from ..core.where import Expression, parse
from ..core.where.kinds import Number
from ..core.where.terms import AllOf, Equal, Has, cheap_first
from ..show.where import Filter, judge_of

Range = tuple[int, int]
MOST_RANGES = 100
NOTHING = "no exchange matches"

_RANGE = re.compile(r"([0-9]{1,12})(?:-([0-9]{1,12}))?")


@record
class Numbers:
    """Exchanges by their numbers, as they are written: 48, or 48-50,60."""

    text: str
    ranges: tuple[Range, ...]

    @property
    def last(self) -> int:
        """The highest of them."""
        return max(stop for _, stop in self.ranges)

    @property
    def is_single(self) -> bool:
        """Whether it is one number."""
        return self.text.isdigit()

    def __contains__(self, number: int) -> bool:
        return any(start <= number <= stop for start, stop in self.ranges)


def numbers(text: str) -> Numbers:
    """The numbers that an option names."""
    ranges = []
    parts = text.split(",")
    for part in parts[:MOST_RANGES]:
        match = _RANGE.fullmatch(part.strip())
        if match is None:
            raise argparse.ArgumentTypeError(f"{part!r} is no number, and no range like 48-50")
        start = int(match[1])
        stop = int(match[2] or start)
        if stop < start:
            raise argparse.ArgumentTypeError(f"{part!r} ends before it begins")
        ranges.append((start, stop))
    if len(parts) > MOST_RANGES:
        raise argparse.ArgumentTypeError(f"more than {MOST_RANGES} ranges")
    return Numbers(text, tuple(ranges))


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of exchanges")
    return int(text)


def add(parser: argparse.ArgumentParser, exchange: str = "these only: 48, 48-50, 3,7-9") -> None:
    """The options of every command that looks at exchanges."""
    parser.add_argument(
        "--where",
        metavar="FILTER",
        default="",
        help='exchanges like this only: "sw != 9000 and took > 50ms" (docs/filter.md)',
    )
    parser.add_argument(
        "--failed",
        action="store_true",
        help="exchanges that the card refused or did not answer",
    )
    parser.add_argument("--exchange", type=numbers, metavar="N[-M]", help=exchange)
    parser.add_argument("--first", type=_count, metavar="N", help="the first N of them")


@record
class Selection:
    """What the options choose: the exchanges of which an expression is true, at most so many."""

    expression: Expression
    most: int = sys.maxsize

    @property
    def needs_all(self) -> bool:
        """Whether it can be said of a capture only that was read whole."""
        return "finding" in self.expression.fields()

    def filter(self, capture: Capture, reveal: bool) -> Filter:
        """A filter for a capture that was read whole."""
        return Filter(self.expression, reveal, judge_of(capture, self.expression))

    def numbers_in(self, filter: Filter, capture: Capture) -> set[int]:
        """The numbers of the exchanges of a capture that are chosen."""
        chosen: set[int] = set()
        for exchange in capture.exchanges:
            if len(chosen) >= self.most:
                break
            if filter.matches(exchange):
                chosen.add(exchange.index)
        return chosen


def selection_of(options: argparse.Namespace) -> Selection | None:
    """What the options choose; None where they choose nothing, which is all."""
    terms: list[Expression] = []
    if options.exchange is not None:
        terms.append(_among(options.exchange))
    if options.failed:
        terms.append(Has("failed"))
    if options.where.strip():
        terms.append(parse(options.where))
    if not terms and options.first is None:
        return None
    return Selection(AllOf(cheap_first(terms)), options.first or sys.maxsize)


def _among(numbers: Numbers) -> Expression:
    ranges = ((Number(start), Number(stop)) for start, stop in numbers.ranges)
    return Equal("n", tuple(ranges))
