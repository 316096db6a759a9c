# SPDX-License-Identifier: MIT
"""The filter language for exchanges: what its fields are in an exchange, and the exchanges that it chooses.

A filter sees what is shown: of hidden bytes only their asterisks, so that nobody can ask for them piece by piece.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..apps.instructions import SECRET, accepted
from ..core.errors import CardlibError
from ..core.model import Capture, Exchange, Finding
from ..core.sequences import Listed
from ..core.where import Expression, parse
from ..core.where.kinds import finding_text
from ..road.meaning import name, with_views
from ..road.sources import Source, exchanges_of
from ..rules import RULES, check
from ..share.masking import Shown, shown
from ..share.survey import survey_of
from .gist import gist
from .trees import marked_title

FindingRow = tuple[str, str, str, str]  # rule, severity, title, detail
FindingsOf = Mapping[int, Sequence[FindingRow]]
Judge = Callable[[], FindingsOf]
Notes = Mapping[int, str]

MOST_JUDGED = 2_000  # exchanges of a capture of which words are looked for in findings, too
MOST_SESSIONS = 1_000  # of which the last stamp is kept
NO_FINDINGS = "findings come from all of a capture: read it whole to ask for them"
NO_NOTES = "notes of yours stand in the explorer: ask for them there"
WRAPPED = 0x90  # the class of native commands of a DESFire card (apps/desfire.toml)
DONE_BY_DESFIRE = (0x9100, 0x910C, 0x91AF)


def failed(exchange: Exchange) -> bool:
    """Whether the card refused a command, or did not answer it. The decision takes no decoding."""
    command, response = exchange.command, exchange.response
    if response is None:
        return True
    if response.sw is None:
        return False
    if command is None:
        return not accepted(response)
    if command.cla == WRAPPED and response.sw >> 8 == 0x91:
        return response.sw not in DONE_BY_DESFIRE
    if command.ins in SECRET and response.sw >> 8 == 0x63:
        return bool(
            command.data
        )  # without data it only asks for the tries left (ISO 7816-4, 11.5.6)
    return not accepted(response)


def all_exchanges(exchange: Exchange) -> bool:
    """Chooses every exchange."""
    return True


class ExchangeRow:
    """An exchange as a filter sees it; what needs decoding is decoded when it is asked for."""

    def __init__(
        self, exchange: Exchange, gap_ns: int | None, reveal: bool, judge: Judge | None, note: str
    ) -> None:
        self.exchange = exchange
        self.gap_ns = gap_ns
        self.reveal = reveal
        self.judge = judge
        self.note = note
        self._views: list[Shown] | None = None

    @property
    def views(self) -> list[Shown]:
        """Its halves, decoded and masked."""
        if self._views is None:
            self._views = shown(self.exchange, self.reveal)
        return self._views

    def values(self, field: str) -> Iterable[Any]:
        """The values of a field, as the filter language compares them."""
        return VALUES[field](self)


def _present(value: Any) -> Sequence[Any]:
    """A value as a list; none where it is missing."""
    if value is None or value == "":
        return ()
    return (value,)


def _command_part(part: str) -> Callable[[ExchangeRow], Sequence[Any]]:
    """A part of the command, by its name."""
    return lambda row: _present(getattr(row.exchange.command, part, None))


def _status_word(row: ExchangeRow) -> Sequence[int]:
    return _present(getattr(row.exchange.response, "sw", None))


def _sent(row: ExchangeRow) -> Sequence[int]:
    command = row.exchange.command
    return () if command is None else (len(command.data),)


def _received(row: ExchangeRow) -> Sequence[int]:
    response = row.exchange.response
    return () if response is None else (len(response.data),)


def _aid(row: ExchangeRow) -> Sequence[str]:
    """What is selected, without secrets: a row may mark any value."""
    aid = row.exchange.context.aid
    if aid and not row.reveal:
        aid = survey_of(row.exchange).known.hide(aid)
    return _present(aid)


def _elements(row: ExchangeRow) -> Iterator[tuple[str, str]]:
    for view in row.views:
        for _, node in view.node.walk():
            if node.tag:
                yield node.tag, node.name


def _meanings(row: ExchangeRow) -> Iterator[str]:
    """What data elements and their parts mean, and the remarks on them."""
    for view in row.views:
        for _, node in view.node.walk():
            yield from filter(None, (view.text_of(node), view.remark(node.note)))
            if node.error:
                yield view.remark(node.error)


def _has_error(row: ExchangeRow) -> Sequence[bool]:
    halves = (row.exchange.command, row.exchange.response)
    if any(half and half.error for half in halves):
        return (True,)
    for view in row.views:
        if any(node.error for _, node in view.node.walk()):
            return (True,)
    return ()


def _findings(row: ExchangeRow) -> Sequence[FindingRow]:
    if row.judge is None:
        return ()
    return row.judge().get(row.exchange.index, ())


def _texts(row: ExchangeRow) -> Iterator[str]:
    """Everything on the screen, what takes least work first."""
    yield name(row.exchange)
    for sw in _status_word(row):
        yield f"{sw:04X}"
    yield from _present(row.note)
    yield from gist(row.exchange, row.views)
    for view in row.views:
        yield from (marked_title(node) for _, node in view.node.walk() if node.tag)
    yield from _meanings(row)
    for finding in _findings(row):
        yield finding_text(finding)


VALUES: dict[str, Callable[[ExchangeRow], Iterable[Any]]] = {
    "n": lambda row: (row.exchange.index,),
    "session": lambda row: (row.exchange.session,),
    "channel": lambda row: (row.exchange.context.channel,),
    "command": lambda row: (name(row.exchange),),
    "cla": _command_part("cla"),
    "ins": _command_part("ins"),
    "p1": _command_part("p1"),
    "p2": _command_part("p2"),
    "sw": _status_word,
    "aid": _aid,
    "app": lambda row: _present(row.exchange.context.application),
    "tag": _elements,
    "took": lambda row: _present(row.exchange.duration_ns),
    "time": lambda row: _present(row.exchange.start_ns),
    "gap": lambda row: _present(row.gap_ns),
    "lc": _sent,
    "lr": _received,
    "text": _texts,
    "value": _meanings,
    "finding": _findings,
    "note": lambda row: _present(row.note),
    "bytes": lambda row: [view.hex for view in row.views],
    "error": _has_error,
    "failed": lambda row: (True,) if failed(row.exchange) else (),
}


class Filter:
    """Chooses exchanges: each is looked at once, in the order of its capture.

    `judge` gives the findings by exchange, and is called where an expression asks for them; `notes` are those of a user
    by exchange.
    """

    def __init__(
        self,
        expression: str | Expression,
        reveal: bool = False,
        judge: Judge | None = None,
        notes: Notes | None = None,
    ) -> None:
        self.expression = parse(expression) if isinstance(expression, str) else expression
        self.reveal = reveal
        self.judge = judge
        self.notes = notes or {}
        self._ends: dict[int, int | None] = {}
        if judge is None and "finding" in self.expression.fields():
            raise CardlibError(NO_FINDINGS)
        if notes is None and "note" in self.expression.fields():
            raise CardlibError(NO_NOTES)

    def matches(self, exchange: Exchange) -> bool:
        """Whether the filter chooses an exchange."""
        if not self.reveal:
            learn(exchange)
        note = self.notes.get(exchange.index, "")
        row = ExchangeRow(exchange, self._gap(exchange), self.reveal, self.judge, note)
        return self.expression.matches(row)

    def _gap(self, exchange: Exchange) -> int | None:
        """The time since the end of the exchange before, in its session."""
        end = self._ends.pop(exchange.session, None)
        if len(self._ends) >= MOST_SESSIONS:
            del self._ends[next(iter(self._ends))]
        self._ends[exchange.session] = exchange.end_ns
        if end is None or exchange.start_ns is None:
            return None
        return exchange.start_ns - end


def learn(exchange: Exchange) -> None:
    """Learn the secrets of an exchange of a stream, which may come again in those that follow."""
    if exchange.origin is not None and not exchange.origin.exchanges:
        survey_of(exchange)


def judge_of(capture: Capture, expression: Expression) -> Judge:
    """The findings of a capture by exchange, made once and where they are asked for.

    Words are looked for in the findings of a capture of a size that is judged in a moment; `finding` always.
    """
    made: dict[int, list[FindingRow]] = {}
    asks = "finding" in expression.fields() or len(capture.exchanges) <= MOST_JUDGED
    is_judged = not asks

    def judge() -> FindingsOf:
        nonlocal is_judged
        if not is_judged:
            made.update(findings_by_exchange(check(capture, RULES)))
            is_judged = True
        return made

    return judge


def findings_by_exchange(
    findings: Iterable[Finding], file: str = ""
) -> dict[int, list[FindingRow]]:
    """The findings that fail, by the exchanges that show them; of one file where it is named."""
    by_exchange: dict[int, list[FindingRow]] = {}
    for finding in findings:
        if finding.verdict != "fail":
            continue
        row = (finding.rule, finding.severity, finding.title, finding.detail)
        numbers = {place.exchange for place in finding.evidence if not file or place.file == file}
        for number in numbers:
            by_exchange.setdefault(number, []).append(row)
    return by_exchange


def filter_of(source: object, expression: str | Expression, reveal: bool) -> Filter:
    """A filter for a capture that was read whole, which can be judged, or for anything else."""
    if isinstance(expression, str):
        expression = parse(expression)
    judge = judge_of(source, expression) if isinstance(source, Capture) else None
    return Filter(expression, reveal, judge)


@with_views
def select(source: Source, expression: str, reveal: bool = False) -> Listed[Exchange]:
    """The exchanges of a source that an expression selects."""
    filter = filter_of(source, expression, reveal)
    return Listed(exchange for exchange in exchanges_of(source) if filter.matches(exchange))
