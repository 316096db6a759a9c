# SPDX-License-Identifier: MIT
"""The first lines of every print: what a capture is, how it ended and why, what was wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..core.atr import describe_card
from ..core.codec import to_hex
from ..core.escape import counted, cut, escape
from ..core.model import Capture
from ..core.native import is_poll
from ..measure.timing import MEANING
from ..share.veil import Veil
from .acts import outcomes
from .exchanges import is_unsure
from .lines import MAX_TEXT, marked, more

MAX_CARDS = 3
MAX_ATR = 40  # bytes
MAX_PROBLEMS = 5
UNSURE = (
    "  ? beside a number: what is selected is not known "
    "(the capture starts in the middle, or after damage)"
)


def summary(capture: Capture, reveal: bool) -> Iterator[str]:
    """The first lines of every print: what it is, how it ended and why, what was wrong."""
    veil = Veil(capture.exchanges, reveal)
    return veil.over_all(_summary(capture, veil))


def _summary(capture: Capture, veil: Veil) -> Iterator[str]:
    exchanges = counted(len(capture.exchanges), "exchange")
    sessions = counted(len(capture.sessions), "session")
    format_name, _, learned = capture.format.partition(": ")
    title = f"{capture.path}: {format_name}, {exchanges} in {sessions}"
    yield escape(cut(title, MAX_TEXT))
    if learned:
        yield marked("  read as: ", learned)
    yield from _cards(capture)
    for clock in dict.fromkeys(session.clock for session in capture.sessions):
        yield f"  clock: {clock} ({MEANING[clock]})"
    yield from outcomes(capture)
    yield from _problems(capture, veil)
    yield from _little_used(capture)
    yield from _incomplete(capture)
    if any(is_unsure(exchange) for exchange in capture.exchanges):
        yield UNSURE
    yield ""


def _cards(capture: Capture) -> Iterator[str]:
    """The cards of a capture by their ATR or ATS, the most frequent first."""
    cards = Counter(session.atr for session in capture.sessions if session.atr)
    for atr, count in cards.most_common(MAX_CARDS):
        # An ATS begins with its own length (ISO 14443-4, 5.2.2); an ATR is shorter than 3B or 3F.
        kind = "ATS" if atr[0] == len(atr) else "ATR"
        card = f"{describe_card(atr)}, {kind} {to_hex(atr[:MAX_ATR])}"
        if count > 1:
            card += f", in {count} sessions"
        yield marked("  card:  ", card)
    yield from more(len(cards) - MAX_CARDS, "card")


def _problems(capture: Capture, veil: Veil) -> Iterator[str]:
    for problem in capture.problems[:MAX_PROBLEMS]:
        yield marked("  !! ", veil.problem(problem))
    yield from more(len(capture.problems) - MAX_PROBLEMS, "problem")


def _little_used(capture: Capture) -> Iterator[str]:
    """A line if less than half of the file was used; a log may say much else."""
    coverage = capture.coverage
    expected = coverage.total - coverage.skipped.get("log text", 0)
    if 2 * coverage.used >= expected:
        return
    skipped = ", ".join(f"{size} {kind}" for kind, size in coverage.skipped.items())
    used = f"only {coverage.used} of {coverage.total} bytes were used"
    yield marked("  !! ", f"{used}; skipped: {skipped or 'none'}")


def _incomplete(capture: Capture) -> Iterator[str]:
    """A line on the exchanges that lack a half or a status word."""
    unanswered = unasked = without_status = 0
    for exchange in capture.exchanges:
        unasked += exchange.command is None
        if exchange.response is None:
            unanswered += not (exchange.command and is_poll(exchange.command))
        elif exchange.response.sw is None and exchange.protocol == "apdu":
            without_status += 1
    rows = (
        (unanswered, "command", "an answer"),
        (unasked, "answer", "a command"),
        (without_status, "answer", "a status word"),
    )
    parts = [f"{counted(count, half)} without {missing}" for count, half, missing in rows if count]
    if parts:
        yield f"  !! {', '.join(parts)}"
