# SPDX-License-Identifier: MIT
"""A payment as a rule sees it, and the kinds of rules about payments: `payment_rule` looks at one, `series_rule` at
several captures.

A rule asks a payment for what it needs: `need` ends it with "not enough data", `about` without a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from os import PathLike

from ...acts.emv.authenticity import Recovered
from ...acts.emv.cvm import VISA_LIKE
from ...acts.emv.cvm_rules import Rule as CvmRule
from ...acts.emv.cvm_rules import rules as rules_of
from ...acts.emv.data import Element
from ...acts.emv.dialogue import (
    ActionCodes,
    Dialogue,
    action_codes,
    dialogue,
    ins_of,
    is_read,
)
from ...acts.emv.proofs import proofs, recovered
from ...acts.emv.transaction import (
    Transaction,
    aid_of,
    application_name,
    payment_groups,
    transaction_of,
)
from ...apps.emv import GENERATE_AC, GPO
from ...apps.iso7816 import SELECT
from ...core.model import Exchange, Proof, Side, record
from ...crypto.keyring import Key, keyring, shipped
from ...road.sources import Source
from ..engine import Case, Given, Kind, Missing, NotAbout, together

# What rules over several payments compare.
COMPARED = frozenset(
    (
        *("57", "5A", "5F34"),  # whose card
        *("82", "8C", "8D", "8E", "94", "9F07", "9F0D", "9F0E", "9F0F", "9F38"),  # its static data
        *("9A", "9F21", "9F37", "9F6A"),  # when, and the terminal's numbers
        *("9F26", "9F36", "9F4B", "9F4C"),  # what the card made of them
    )
)


@record
class PaymentGiven(Given):
    """What the caller knows beside the captures.

    cvm_limit: the amount, in minor units, above which the cardholder is verified; tac: the action codes of the
    terminal, which no capture holds.
    """

    cvm_limit: int | None = None
    tac: ActionCodes | None = None


def given(
    cvm_limit: int | None = None,
    both_sides: bool = False,
    live: bool = False,
    keys: Iterable[str | PathLike[str]] = (),
    tac: Mapping[str, str] | None = None,
) -> PaymentGiven:
    """What the caller knows, from files of keys and from action codes in hex: {"denial": ..., "online": ..., ...}."""
    key_ring = keyring(keys) if keys else None
    codes = action_codes(tac) if tac else None
    return PaymentGiven(both_sides, live, key_ring, cvm_limit, codes)


class PaymentCase(Case):
    """One capture with its payments."""

    given: PaymentGiven

    def __init__(self, source: Source, given: PaymentGiven) -> None:
        super().__init__(source, given)
        groups = payment_groups(self.exchanges)
        self.payments = [Payment(index, group, self) for index, group in enumerate(groups)]
        self.interfaces = {session.index: session.interface for session in self.sessions}
        # The keys that open an issuer certificate, by its bytes: a card shows it in every payment.
        self.openings: dict[tuple[bytes, bytes, bytes, str], tuple[Key, ...]] = {}


class Payment:
    """A transaction as a rule sees it: its dialogue, what the caller knows, and what can be computed again.

    All is made when a rule asks for it. `release` gives it up, but for what rules over several payments compare.
    """

    def __init__(self, index: int, exchanges: tuple[Exchange, ...], case: PaymentCase) -> None:
        self.index = index
        self.exchanges = exchanges
        self.case = case
        self.aid = aid_of(exchanges)
        self.name = application_name(self.aid)
        self.session = exchanges[0].session
        self._asked: dict[tuple[str, Side | None], list[Element]] = {}
        self._compared: dict[str, list[Element]] | None = None

    @cached_property
    def transaction(self) -> Transaction:
        """The payment as an act."""
        return transaction_of(self.index, self.exchanges)

    @cached_property
    def dialogue(self) -> Dialogue:
        """Its data elements and cryptograms, as its phases look at them."""
        return dialogue(self.exchanges, self.case.given.tac, self.case.file)

    @property
    def _bare(self) -> Transaction:
        """The payment without a look at how it ended, which no proof asks for."""
        return Transaction(self.index, self.session, self.aid, self.name, self.exchanges, ())

    @cached_property
    def cvm_rules(self) -> list[CvmRule]:
        """The rules of the card's CVM list, as they apply here."""
        return rules_of(self.dialogue)

    @cached_property
    def pan(self) -> str:
        """The card number; empty where the capture does not tell it."""
        return self.dialogue.pan

    def release(self) -> None:
        """Give up all that was made, but for what rules over several payments compare."""
        compared = {}
        for tag in COMPARED:
            elements = self.all(tag)
            if elements:
                compared[tag] = elements
        kept = (self.pan, self.contactless)
        for name in ("transaction", "dialogue", "proofs", "test_card", "cvm_rules"):
            self.__dict__.pop(name, None)
        self.pan, self.contactless = kept
        self._asked.clear()
        self._compared = compared

    def all(self, tag: str, side: Side | None = None) -> list[Element]:
        """Every element with that tag and a value, in order."""
        if self._compared is not None and tag in COMPARED:
            kept = self._compared.get(tag, [])
            if side is None:
                return kept
            return [element for element in kept if element.evidence.side == side]
        question = (tag, side)
        elements = self._asked.get(question)  # many rules ask for the same
        if elements is None:
            elements = self._asked[question] = self.dialogue.values(tag, side)
        return elements

    def from_card(self) -> list[Element]:
        """Every element with a value that the card sent, tag by tag."""
        return [element for tag in self.dialogue.elements for element in self.all(tag, "response")]

    def get(self, tag: str, side: Side | None = None, size: int | None = None) -> Element | None:
        """The last element with that tag (and length), or None."""
        for element in reversed(self.all(tag, side)):
            if size is None or len(element.value) == size:
                return element
        return None

    def need(self, tag: str, size: int | None = None, side: Side | None = None) -> Element:
        """The same; without it there is not enough data."""
        element = self.get(tag, side, size)
        if element:
            return element
        length = ""
        if size and self.all(tag):
            length = f" of {size} bytes"
        raise Missing(f"no {tag}{length} in this capture")

    def about(self, tag: str, size: int | None = None, side: Side | None = None) -> Element:
        """The same; without it the rule says nothing."""
        element = self.get(tag, side, size)
        if element:
            return element
        raise NotAbout

    def need_tvr(self) -> Element:
        """The last TVR that went with GENERATE AC: the one in the data of a PDOL is empty yet."""
        for tvr in reversed(self.all("95", "command")):
            if ins_of(tvr.exchange) == GENERATE_AC and len(tvr.value) == 5:
                return tvr
        raise Missing("no 95 in this capture, in a GENERATE AC")

    def need_in_iad(self, name: str) -> tuple[bytes, Element]:
        """A part of the last IAD, whose layout the scheme decides: the CVR (3, 5 or 6 bytes), the version."""
        iad = self.need("9F10")
        part = iad.part(name)
        if not part:
            raise Missing("the layout of the IAD is not known")
        return part, iad

    def need_records(self) -> None:
        """A conclusion from the absence of a data element needs every record that the AFL names."""
        for sfi, number in self.dialogue.unread:
            raise Missing(f"record {number} of SFI {sfi} is not in this capture")

    def need_whole(self, unless: object = None) -> None:
        """A conclusion from an absence needs every exchange from the selection on, and every record of the AFL."""
        if unless:
            return
        reason = self.case.hole(self.exchanges)
        if reason:
            raise Missing(f"something may be hidden here: {reason}")
        if ins_of(self.exchanges[0]) != SELECT or not self.commands(GPO):
            raise Missing("the selection or GET PROCESSING OPTIONS is not in this capture")
        if not any(map(is_read, self.commands(GPO))):
            raise Missing("the card refused GET PROCESSING OPTIONS: nothing of it was read")
        if self.get("82", "response") is None:
            raise Missing("the answer to GET PROCESSING OPTIONS has no AIP: it is not whole")
        self.need_records()

    def answered(self, tag: str, exchange: Exchange) -> list[Element]:
        """The elements with that tag that this exchange answered."""
        return [element for element in self.all(tag, "response") if element.exchange is exchange]

    def commands(self, *ins: int) -> list[Exchange]:
        """The exchanges with these instructions, in order."""
        return [exchange for exchange in self.exchanges if ins_of(exchange) in ins]

    @property
    def over_limit(self) -> bool | None:
        """Whether the amount is above the CVM limit; None where one of them is not known."""
        limit = self.case.given.cvm_limit
        amount = self.get("9F02", size=6)
        if limit is None or amount is None or not amount.hex.isdecimal():
            return None
        return int(amount.hex) > limit

    @cached_property
    def contactless(self) -> bool:
        """Whether it went over the air: by the kind of card, or by data that only such cards and readers send."""
        if self._interface == "contactless" or self.dialogue.ctq:
            return True
        return self.get("9F66", "command", 4) is not None

    @property
    def _interface(self) -> str:
        return self.case.interfaces.get(self.session, "unknown")

    @property
    def visa_contactless(self) -> bool:
        """Whether the cryptogram comes with the answer to GET PROCESSING OPTIONS, without terminal action analysis."""
        if not self.contactless or self.commands(GENERATE_AC):
            return False
        return self.aid.startswith(VISA_LIKE)

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys that the caller gave, with the shipped ones; else those alone."""
        if self.case.given.keys is None:
            return shipped()
        return self.case.given.keys

    @cached_property
    def proofs(self) -> list[Proof]:
        """Certificates, signatures and cryptograms, computed again."""
        return proofs(self._bare, self.keys, self.dialogue)

    @cached_property
    def recovered(self) -> list[Recovered]:
        """The public keys that its certificates hold, as far as they open."""
        return recovered(self._bare, self.keys, self.dialogue)

    @cached_property
    def test_card(self) -> str:
        """What shows that this is a test card, unless the caller says that it is live; empty if nothing does."""
        if self.case.given.live:
            return ""
        for proof in self.proofs:
            if proof.verdict == "verified" and "test key" in proof.reason:
                return proof.reason
        return ""


Cases = tuple[PaymentCase, ...]


def with_payments(cases: tuple[Case, ...]) -> Cases:
    """The cases in which payments were looked for."""
    return tuple(case for case in cases if isinstance(case, PaymentCase))


def _captures(cases: tuple[Case, ...]) -> Iterator[tuple[PaymentCase, str, str]]:
    for case in with_payments(cases):
        yield case, case.file, ""


def _payments(cases: tuple[Case, ...]) -> Iterator[tuple[Payment, str, str]]:
    for case in with_payments(cases):
        for payment in case.payments:
            yield payment, case.file, f"{payment.name}: "


def _together(cases: tuple[Case, ...]) -> Iterator[tuple[Cases, str, str]]:
    for captures, file, name in together(cases):
        yield with_payments(captures), file, name


capture_rule = Kind[PaymentCase](_captures, "a capture")
payment_rule = Kind[Payment](_payments, "a capture", Payment.release)
series_rule = Kind[Cases](_together, "several captures")
