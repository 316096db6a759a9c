# SPDX-License-Identifier: MIT
"""What a rule is, and how rules are applied: a decorated function of about 15 lines, its docstring is its text.

`rule` looks at one capture; a family of cards adds kinds of its own (`emv.payment`: one payment, several captures). A
rule says with `only` what it is about: else it says nothing. What it needs and the capture does not hold (`enough`,
`Missing`), or what cannot be computed (`NotVerifiable`), ends it with the verdict "not enough data", and its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from dataclasses import field
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

from ..core.apdu import ends_as_asked, is_without_data
from ..core.model import (
    Capture,
    Command,
    Evidence,
    Exchange,
    Problem,
    Response,
    Severity,
    Side,
    Verdict,
    record,
)
from ..core.native import is_poll
from ..crypto.keyring import Key
from ..road.sources import Source, exchanges_of, path_of, sessions_of
from ..share.ours import is_ours
from ..share.veil import Veil

T = TypeVar("T")


class Missing(Exception):
    """Something that a rule needs and the capture does not hold."""


class NotAbout(Exception):
    """What a rule is about does not occur: it says nothing."""


def only(condition: object) -> None:
    """A rule ends here without a word where this does not hold, is empty or is not there."""
    if not condition:
        raise NotAbout


def enough(items: Sized, least: int, what: str) -> None:
    """There are so many; without any the rule says nothing, with fewer there is not enough data."""
    only(items)
    if len(items) < least:
        raise Missing(f"{len(items)} {what}, at least {least} are needed")


@record
class Given:
    """What the caller knows beside the captures; a family of cards adds what its rules ask for.

    both_sides: two captures are one run, recorded at the reader and at the card; live: these are cards of the field,
    among which no test card belongs; keys: those of the caller and the shipped ones (crypto.keyring).
    """

    both_sides: bool = False
    live: bool = False
    keys: tuple[Key, ...] | None = field(default=None, repr=False)


class Case:
    """One capture as a rule sees it; a family of cards adds its acts."""

    def __init__(self, source: Source, given: Given) -> None:
        self.given = given
        self.problems: Sequence[Problem] = ()
        if isinstance(source, Capture):
            self.problems = source.problems
        self.sessions = sessions_of(source)
        self.exchanges = tuple(exchanges_of(source))
        self.veil = Veil(self.exchanges, is_ours(source))
        self.file = self.veil.over(path_of(source))

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The exchanges of which both halves are there: many rules ask for them."""
        whole = []
        for exchange in self.exchanges:
            command, response = exchange.command, exchange.response
            if command is not None and response is not None:
                whole.append(Step(exchange, command, response))
        return tuple(whole)

    @cached_property
    def broken(self) -> dict[int, str]:
        """Why an exchange is not whole, by its index."""
        reasons = {}
        for exchange in self.exchanges:
            reason, _ = incomplete(exchange)
            if reason:
                reasons[exchange.index] = reason
        return reasons

    def hole(self, exchanges: Iterable[Exchange]) -> str:
        """Why something may be missing among these exchanges; empty if nothing is."""
        if any(problem.gap for problem in self.problems):
            return "a part of the capture is damaged"
        for exchange in exchanges:
            if exchange.index in self.broken:
                return self.broken[exchange.index]
        return ""

    @cached_property
    def first_hole(self) -> str:
        """Why something may be missing in this capture; empty if nothing is."""
        return self.hole(self.exchanges)


C = TypeVar("C", bound=Case)


@record
class Step:
    """An exchange of which both halves are there."""

    exchange: Exchange
    command: Command
    response: Response


def steps(case: Case) -> tuple[Step, ...]:
    """The exchanges of a capture of which both halves are there."""
    return case.steps


@record
class Result:
    """What a rule says once: the verdict, why, and the bytes that show it; `severity` only where it differs."""

    verdict: Verdict
    detail: str
    evidence: tuple[Evidence, ...] = ()
    severity: Severity | None = None


Results = Iterator[Result]


class Located(Protocol):
    """Something that knows in which bytes it stands, such as a data element."""

    @property
    def evidence(self) -> Evidence: ...


def evidence_of(*places: Located | Evidence | None) -> tuple[Evidence, ...]:
    """The bytes of these; those that are not there are left out."""
    evidence = []
    for place in places:
        if isinstance(place, Evidence):
            evidence.append(place)
        elif place is not None:
            evidence.append(place.evidence)
    return tuple(evidence)


def fails_if(
    bad: object,
    detail: str,
    *places: Located | Evidence | None,
    severity: Severity | None = None,
) -> Result:
    """A result with the bytes that it is about: a failure, perhaps of another severity, else a pass."""
    evidence = evidence_of(*places)
    if bad:
        return Result("fail", detail, evidence, severity)
    return Result("pass", detail, evidence)


@record
class Rule:
    """A rule with its id, how bad a failure is, the source it comes from, what it means and what to do.

    `needs`: what it needs beside one capture, as the table of rules says it; `judge`: what it says of one target of
    its `kind`; `counts`: it counts tries or repeats, so it passes only where nothing is missing.
    """

    id: str
    severity: Severity
    title: str
    source: str
    text: str
    kind: Kind[Any] = field(repr=False)
    judge: Callable[[Any], Iterable[Result]] = field(repr=False)
    needs: str = "a capture"
    counts: bool = False


@record
class Kind(Generic[T]):
    """Makes a rule of a function whose docstring says what it means.

    `targets` gives what the function looks at, one after the other: each with its file, and with its name as it begins
    a sentence. `release` is called with a target when all rules of the kind have looked at it.
    """

    targets: Callable[[tuple[Case, ...]], Iterable[tuple[T, str, str]]]
    needs: str
    release: Callable[[T], None] | None = None

    def __call__(
        self,
        id: str,
        severity: Severity,
        title: str,
        source: str,
        needs: str | None = None,
        counts: bool = False,
    ) -> Callable[[Callable[[T], Results]], Rule]:
        def decorate(judge: Callable[[T], Results]) -> Rule:
            text = " ".join((judge.__doc__ or "").split())
            needed = needs or self.needs
            return Rule(id, severity, title, source, text, self, judge, needed, counts)

        return decorate


def _captures(cases: tuple[Case, ...]) -> Iterator[tuple[Case, str, str]]:
    for case in cases:
        yield case, case.file, ""


def together(cases: tuple[Case, ...]) -> Iterator[tuple[Cases, str, str]]:
    """All captures at once; what is said of them names a file only where there is one."""
    file = cases[0].file if len(cases) == 1 else ""
    yield cases, file, ""


def one_side(cases: tuple[C, ...]) -> tuple[C, ...]:
    """The captures in which each event stands once: the first where two are one run, seen from both sides."""
    if cases and cases[0].given.both_sides:
        return cases[:1]
    return cases


Cases = tuple[Case, ...]
rule = Kind[Case](_captures, "a capture")
series_rule = Kind[Cases](together, "several captures")


def sources(source: Source | Sequence[Capture]) -> Sequence[Source]:
    """The captures where several are given, else the source alone."""
    if isinstance(source, list | tuple):
        captures = [part for part in source if isinstance(part, Capture)]
        if captures:
            return captures
    return [source]  # type: ignore[list-item]


def incomplete(exchange: Exchange) -> tuple[str, Side]:
    """What is not whole about an exchange, and in which half; empty if nothing."""
    command, response = exchange.command, exchange.response
    if command is None:
        return "an answer without its command", "response"
    if response is None:
        if is_poll(command):
            return "", "command"
        return "a command without an answer", "command"
    if command.error and not is_without_data(command):
        return command.error, "command"
    if response.protocol != "apdu":
        return response.error, "response"
    if response.sw is None:
        return f"no status word: {response.error}", "response"
    if response.sw >> 8 == 0x61 and not ends_as_asked(command, response):
        announced = response.sw & 0xFF or 256
        return f"{announced} bytes announced (61XX) and not fetched", "response"
    if response.sw >> 8 == 0x6C:
        return "wrong length (6CXX) and not repeated", "response"
    return response.error, "response"


def whole_half(exchange: Exchange, side: Side = "command", file: str = "") -> Evidence:
    """A half of an exchange as evidence; the other half where this one is missing."""
    if side == "command" and exchange.command is None:
        side = "response"
    elif side == "response" and exchange.response is None:
        side = "command"
    half: Command | Response | None = exchange.response
    if side == "command":
        half = exchange.command
    size = len(half.raw) if half else 0
    return Evidence(exchange.index, side, 0, size, file)


def p1_of(exchange: Exchange) -> Evidence:
    """The byte P1 of a command."""
    return Evidence(exchange.index, "command", 2, 3)
