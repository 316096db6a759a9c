# SPDX-License-Identifier: MIT
"""What a rule is, and how rules are applied: a decorated function of about 15 lines, its docstring is its text.

Three kinds: `rule` looks at a capture, `payment_rule` at one payment, `series_rule` at several captures. A rule says
with `only` and `about` what it is about: else it says nothing. It asks for what it needs with `need` and `enough`: what
is not in the capture ends it with the verdict "not enough data", and its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import field, replace
from functools import cached_property
from os import PathLike
from typing import Generic, Literal, TypeVar

from ..acts.emv.authenticity import Recovered
from ..acts.emv.cvm import VISA_LIKE
from ..acts.emv.data import Found, evidence_of
from ..acts.emv.dialogue import ActionCodes, Dialogue, action_codes, cryptogram, dialogue, ins_of
from ..acts.emv.proofs import proofs, recovered
from ..acts.emv.transaction import Transaction, exchanges_of, transactions
from ..apps.emv import GENERATE_AC, GPO
from ..apps.iso7816 import SELECT
from ..core.model import (
    Capture,
    Evidence,
    Exchange,
    Finding,
    Proof,
    Session,
    Severity,
    Side,
    Verdict,
    record,
)
from ..crypto.keyring import Key, keyring, shipped

Needs = Literal["a capture", "several captures", "keys", "times", "a CVM limit", "both sides"]
Source = Capture | Session | Iterable[Exchange]
T = TypeVar("T")


class Missing(Exception):
    """Something that a rule needs and the capture does not hold."""


class NotAbout(Exception):
    """What a rule is about does not occur: it says nothing."""


def only(about: object) -> None:
    """A rule ends here without a word where this does not hold, is empty or is not there."""
    if not about:
        raise NotAbout


@record
class Given:
    """What the caller knows beside the captures; `keys`: those of the caller and the shipped ones (crypto.keyring).

    cvm_limit: the amount, in minor units, above which the cardholder is verified; both_sides: two captures are one run,
    recorded at the reader and at the card; live: these are cards of the field, among which no test card belongs;
    tac: the action codes of the terminal, which no capture holds.
    """

    cvm_limit: int | None = None
    both_sides: bool = False
    live: bool = False
    keys: tuple[Key, ...] | None = field(default=None, repr=False)
    tac: ActionCodes | None = None


def given(
    cvm_limit: int | None = None,
    both_sides: bool = False,
    live: bool = False,
    keys: Iterable[str | PathLike[str]] = (),
    tac: Mapping[str, str] | None = None,
) -> Given:
    """What the caller knows, from files of keys and from action codes in hex: {"denial": ..., "online": ..., ...}."""
    return Given(
        cvm_limit,
        both_sides,
        live,
        keyring(keys) if keys else None,
        action_codes(tac) if tac else None,
    )


def enough(found: Sized, wanted: int, what: str) -> None:
    """There are so many; without any the rule says nothing, with fewer there is not enough data."""
    only(found)
    if len(found) < wanted:
        raise Missing(f"{len(found)} {what}, at least {wanted} are needed")


class Payment:
    """A transaction as a rule sees it; `d` holds its data elements, as its phases look at them."""

    def __init__(self, transaction: Transaction, case: Case) -> None:
        self.transaction, self.case = transaction, case
        self.name, self.aid, self.exchanges = (
            transaction.name,
            transaction.aid,
            transaction.exchanges,
        )

    @cached_property
    def d(self) -> Dialogue:
        return dialogue(self.exchanges, self.case.given.tac, self.case.file)

    def all(self, tag: str, side: Side | None = None) -> list[Found]:
        """Every element with that tag and a value, in order."""
        return [one for one in self.d.all(tag, side) if one.value]

    def get(self, tag: str, side: Side | None = None, size: int | None = None) -> Found | None:
        """The last element with that tag (and length), or None."""
        found = [one for one in self.all(tag, side) if size in (None, len(one.value))]
        return found[-1] if found else None

    def need(self, tag: str, size: int | None = None, side: Side | None = None) -> Found:
        """The same; without it there is not enough data."""
        if found := self.get(tag, side, size):
            return found
        raise Missing(
            f"no {tag}{f' of {size} bytes' if size and self.all(tag) else ''} in this capture"
        )

    def about(self, tag: str, size: int | None = None, side: Side | None = None) -> Found:
        """The same; without it the rule says nothing."""
        if found := self.get(tag, side, size):
            return found
        raise NotAbout

    def need_tvr(self) -> Found:
        """The last TVR that went with GENERATE AC: the one in the data of a PDOL is empty yet."""
        sent = (
            one
            for one in reversed(self.all("95", "command"))
            if ins_of(one.exchange) == GENERATE_AC
        )
        for found in (one for one in sent if len(one.value) == 5):
            return found
        raise Missing("no 95 in this capture, in a GENERATE AC")

    @property
    def over_limit(self) -> bool | None:
        """Whether the amount is above the CVM limit; None where one of them is not known."""
        limit, amount = self.case.given.cvm_limit, self.get("9F02", size=6)
        return (
            None
            if limit is None or amount is None or not amount.hex.isdecimal()
            else int(amount.hex) > limit
        )

    def answered(self, tag: str, exchange: Exchange) -> list[Found]:
        """The elements with that tag that this exchange answered."""
        return [one for one in self.all(tag, "response") if one.exchange is exchange]

    @cached_property
    def proofs(self) -> list[Proof]:
        """Certificates, signatures and cryptograms, computed again."""
        return proofs(self.transaction, self.given_keys)

    @cached_property
    def recovered(self) -> list[Recovered]:
        """The public keys that its certificates hold, as far as they open."""
        return recovered(self.transaction, self.given_keys)

    @property
    def given_keys(self) -> tuple[Key, ...]:
        return shipped() if self.case.given.keys is None else self.case.given.keys

    @cached_property
    def test_card(self) -> str:
        """What shows that this is a test card, unless the caller says that it is live; empty if nothing does."""
        public = (
            one.reason
            for one in self.proofs
            if one.verdict == "verified" and "test key" in one.reason
        )
        return "" if self.case.given.live else next(public, "")

    def in_iad(self, name: str) -> tuple[bytes, Found]:
        """A part of the last IAD, whose layout the scheme decides: the CVR (3, 5 or 6 bytes), the version."""
        iad = self.need("9F10")
        if not (found := iad.part(name)):
            raise Missing("the layout of the IAD is not known")
        return found, iad

    def commands(self, *ins: int) -> list[Exchange]:
        """The exchanges with these instructions, in order."""
        return self.d.commands(*ins)

    @cached_property
    def decisions(self) -> list[tuple[str, Evidence]]:
        """The types of the cryptograms that the card gave, in order, with the bytes that say so."""
        return [(kind, where) for kind, where in map(cryptogram, self.exchanges) if where]

    @property
    def approved_offline(self) -> Evidence | None:
        """Where the card says with its first cryptogram that it approves."""
        return next((where for kind, where in self.decisions[:1] if kind == "TC"), None)

    @property
    def approved(self) -> Evidence | None:
        """Where the card says with its last cryptogram that it approves, or asks the issuer."""
        return next((where for kind, where in self.decisions[-1:] if kind in ("TC", "ARQC")), None)

    @cached_property
    def contactless(self) -> bool:
        """Whether it went over the air: by the kind of card, or by data that only such cards and readers send."""
        interface = next(
            (s.interface for s in self.case.sessions if s.index == self.transaction.session),
            "unknown",
        )
        return (
            interface == "contactless" or bool(self.d.ctq) or bool(self.get("9F66", "command", 4))
        )

    @property
    def visa_contactless(self) -> bool:
        """Whether the cryptogram comes with the answer to GET PROCESSING OPTIONS, without terminal action analysis."""
        return (
            self.contactless and self.aid.startswith(VISA_LIKE) and not self.commands(GENERATE_AC)
        )

    def need_records(self) -> None:
        """A conclusion from the absence of a data element needs every record that the AFL names."""
        for sfi, number in self.d.unread:
            raise Missing(f"record {number} of SFI {sfi} is not in this capture")

    def need_whole(self, unless: object = None) -> None:
        """A conclusion from an absence needs every exchange from the selection on, and every record of the AFL."""
        if unless:
            return
        if reason := self.case.hole(self.exchanges):
            raise Missing(f"something may be hidden here: {reason}")
        if ins_of(self.exchanges[0]) != SELECT or not self.commands(GPO):
            raise Missing("the selection or GET PROCESSING OPTIONS is not in this capture")
        self.need_records()


class Case:
    """One capture as a rule sees it."""

    def __init__(self, source: Source, given: Given) -> None:
        self.given = given
        self.exchanges = tuple(exchanges_of(source))
        known = source if isinstance(source, Capture) else Capture("", "", ())
        self.file, self.problems = known.path, known.problems
        self.sessions = (source,) if isinstance(source, Session) else known.sessions
        self.payments = [Payment(transaction, self) for transaction in transactions(self.exchanges)]

    def hole(self, exchanges: Iterable[Exchange]) -> str:
        """Why something may be missing among these exchanges; empty if nothing is."""
        if any(problem.gap for problem in self.problems):
            return "a part of the capture is damaged"
        return next((wrong for exchange in exchanges if (wrong := incomplete(exchange)[0])), "")


@record
class Result:
    """What a rule says once: the verdict, why, and the bytes that show it; `severity` only where it differs."""

    verdict: Verdict
    detail: str
    evidence: tuple[Evidence, ...] = ()
    severity: Severity | None = None


Results = Iterator[Result]


def fails_if(
    bad: object, detail: str, *about: Found | Evidence | None, severity: Severity | None = None
) -> Result:
    """A result with the bytes that it is about: a failure, perhaps of another severity, else a pass."""
    return Result("fail" if bad else "pass", detail, evidence_of(*about), severity if bad else None)


@record
class Rule:
    """A rule with its id, how bad a failure is, the source it comes from, what it means and what to do."""

    id: str
    severity: Severity
    title: str
    source: str
    text: str
    apply: Callable[[tuple[Case, ...]], Iterable[Result]] = field(repr=False)
    needs: Needs = "a capture"


@record
class Kind(Generic[T]):
    """Makes a rule of a function whose docstring says what it means; `each` gives what the function looks at, one after
    the other, with file and name."""

    each: Callable[[tuple[Case, ...]], Iterable[tuple[T, str, str]]]
    needs: Needs

    def __call__(
        self, id: str, severity: Severity, title: str, source: str, needs: Needs | None = None
    ) -> Callable[[Callable[[T], Results]], Rule]:
        def made(judge: Callable[[T], Results]) -> Rule:
            def apply(cases: tuple[Case, ...]) -> Results:
                for about, file, name in self.each(cases):
                    try:
                        for one in judge(about):
                            yield replace(
                                one,
                                evidence=tuple(
                                    replace(e, file=e.file or file) for e in one.evidence
                                ),
                            )
                    except NotAbout:
                        continue
                    except Missing as fault:
                        yield Result("not-enough-data", f"{name}{fault}")

            text = " ".join((judge.__doc__ or "").split())
            return Rule(id, severity, title, source, text, apply, needs or self.needs)

        return made


rule = Kind[Case](lambda cases: ((one, one.file, "") for one in cases), "a capture")
payment_rule = Kind[Payment](
    lambda cases: ((one, case.file, f"{one.name}: ") for case in cases for one in case.payments),
    "a capture",
)
series_rule = Kind[tuple[Case, ...]](
    lambda cases: [(cases, cases[0].file if len(cases) == 1 else "", "")], "several captures"
)


def check(
    source: Source | Sequence[Capture],
    rules: Iterable[Rule],
    given: Given = Given(),  # noqa: B008 - never changed
) -> list[Finding]:
    """Apply rules to a capture, or to several; each rule says at least once what it concluded, or why it could not."""
    several = (
        [one for one in source if isinstance(one, Capture)]
        if isinstance(source, list | tuple)
        else []
    )
    cases = tuple(Case(one, given) for one in several) or (Case(source, given),)  # type: ignore[arg-type]
    return [
        Finding(
            one.id,
            r.severity or one.severity,
            r.verdict,
            one.title,
            r.detail,
            r.evidence,
            one.source,
        )
        for one in rules
        for r in _results(one, cases)
    ]


def _results(one: Rule, cases: tuple[Case, ...]) -> list[Result]:
    try:
        return list(one.apply(cases)) or [
            Result("not-applicable", "nothing in this capture that the rule is about")
        ]
    except (
        Exception
    ) as fault:  # a rule that breaks costs its own verdict, never that of its neighbours
        return [Result("not-enough-data", f"the rule broke: {type(fault).__name__}")]


def incomplete(exchange: Exchange) -> tuple[str, Side]:
    """What is not whole about an exchange, and in which half; empty if nothing."""
    command, response = exchange.command, exchange.response
    if command is None:
        return "an answer without its command", "response"
    if response is None:
        return "a command without an answer", "command"
    if command.error:
        return command.error, "command"
    if response.sw is None:
        return f"no status word: {response.error}", "response"
    if response.sw >> 8 == 0x61:
        return f"{response.sw & 0xFF or 256} bytes announced (61XX) and not fetched", "response"
    if response.sw >> 8 == 0x6C:
        return "wrong length (6CXX) and not repeated", "response"
    return response.error, "response"


def whole(exchange: Exchange, side: Side = "command", file: str = "") -> Evidence:
    """A whole half as evidence; the other half where this one is missing."""
    half = exchange.command if side == "command" else exchange.response
    if half is None:
        side, half = (
            ("response", exchange.response) if side == "command" else ("command", exchange.command)
        )
    return Evidence(exchange.index, side, 0, len(half.raw) if half else 0, file)


def p1_of(exchange: Exchange) -> Evidence:
    """The byte P1 of a command."""
    return Evidence(exchange.index, "command", 2, 3)
