# SPDX-License-Identifier: MIT
"""Transactions: which exchanges belong to one payment, for how much, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from os import PathLike

from ...apps import by_aid, emv, iso7816
from ...core.codec import to_hex
from ...core.model import Evidence, Exchange, record
from ...core.printing import Printed
from ...core.registers import aid_name
from ...crypto.keyring import Key, keyring
from ...road.meaning import tree, with_views
from ...road.sources import Source, exchanges_of
from ..act import Ending, Step, headline_line
from .cash import money
from .dialogue import ActionCodes, action_codes, ins_of
from .outcome import endings
from .phases import phases

NOT_FOUND = 0x6A82


@record
class Transaction(Printed):
    """An application-level act: from the selection of an application to its last command.

    `outcome` is a short phrase that names who decided, `why` the texts that led to it, `evidence`
    their bytes; `amount` is like "42.50 EUR".
    """

    index: int
    session: int
    aid: str
    name: str
    exchanges: tuple[Exchange, ...] = field(repr=False)
    endings: tuple[Ending, ...]
    tac: ActionCodes | None = None
    keys: tuple[Key, ...] | None = field(default=None, repr=False)
    amount: str = ""

    @property
    def outcome(self) -> str:
        """How it ended, in a short phrase: "declined by the terminal"."""
        return ", then ".join(ending.text for ending in self.endings)

    @property
    def why(self) -> tuple[str, ...]:
        """What led to it: cryptogram, request, response code, TVR, CVM results, a refusal."""
        return tuple(reason for ending in self.endings for reason in ending.why)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The bytes of the card that show it."""
        return tuple(ending.evidence for ending in self.endings if ending.evidence)

    @property
    def headline(self) -> str:
        """What, how it ended, in which exchange and why, in one line."""
        subject = ", ".join(filter(None, (self.name, self.amount)))
        return headline_line(subject, [self.endings])

    @property
    def phases(self) -> tuple[Step, ...]:
        """The phases of EMV with their exchanges and what was decided in each; made on demand."""
        return phases(self.exchanges, self.tac)


@with_views
def transactions(
    source: Source,
    tac: Mapping[str, str] | None = None,
    keys: Iterable[str | PathLike[str]] = (),
) -> list[Transaction]:
    """The payments in a capture, in order; a directory (PSE, PPSE) that was only read is none.

    `tac` are the action codes of the terminal, if they are known:
    {"denial": "0010000000", "online": ..., "default": ...}. `keys` are files with keys for what can
    be computed again, beside those that are shipped.
    """
    codes = None
    if tac is not None:
        codes = action_codes(tac)
    files = tuple(keys)
    ring = None
    if files:
        ring = keyring(files)
    return [
        replace(transaction_of(index, group), tac=codes, keys=ring)
        for index, group in enumerate(payment_groups(source))
    ]


def payment_groups(source: Source) -> list[tuple[Exchange, ...]]:
    """The exchanges of each payment, without a look at what they hold."""
    return [tuple(group) for group in _groups(source) if any(map(_is_payment, group))]


def _groups(source: Source) -> list[list[Exchange]]:
    """The exchanges, cut where an application is selected and where a session begins."""
    groups: list[list[Exchange]] = []
    for exchange in exchanges_of(source):
        is_other_session = bool(groups) and groups[-1][-1].session != exchange.session
        if not groups or is_other_session or _begins(exchange):
            groups.append([])
        groups[-1].append(exchange)
    return groups


def _begins(exchange: Exchange) -> bool:
    """Whether it selects an application by its AID."""
    command = exchange.command
    return command is not None and command.ins == iso7816.SELECT and command.p1 == 4


def _is_payment(exchange: Exchange) -> bool:
    """Whether it belongs to a payment.

    Its application is selected, or it was asked for and the answer is another than 6A82.
    """
    if not _begins(exchange):
        context = exchange.context
        return context.application == "emv" and context.aid not in emv.DIRECTORIES
    command, response = exchange.command, exchange.response
    if command is None or response is None or response.sw in (None, NOT_FOUND):
        return False
    aid = to_hex(command.data)
    application, _ = by_aid(aid, exchange.context.dictionaries)
    return application == "emv" and aid not in emv.DIRECTORIES


def transaction_of(index: int, group: Sequence[Exchange]) -> Transaction:
    """The payment that consists of these exchanges."""
    aid = aid_of(group)
    return Transaction(
        index,
        group[0].session,
        aid,
        application_name(aid),
        tuple(group),
        endings(group),
        amount=_amount(group),
    )


def application_name(aid: str) -> str:
    """How the application of a payment is called."""
    name = aid_name(aid)
    if name:
        return name
    return f"application {aid}" if aid else "payment application, not known which"


def aid_of(group: Sequence[Exchange]) -> str:
    """The AID that the card named, else the one that was asked for."""
    for exchange in group[1:]:
        if _is_payment(exchange) and exchange.context.aid:
            return exchange.context.aid
    command = group[0].command
    if command is None or not _begins(group[0]):
        return ""
    return to_hex(command.data)


def _amount(group: Sequence[Exchange]) -> str:
    """The amount that the terminal sent last."""
    for exchange in reversed(group):
        amount = _paid(exchange)
        if amount:
            return amount
    return ""


def _paid(exchange: Exchange) -> str:
    """The amount in a command: "42.50 EUR"; in minor units where no currency is known."""
    if ins_of(exchange) not in (emv.GENERATE_AC, emv.GPO):
        return ""
    command = tree(exchange).children[0]
    amount, currency = command.find("9F02"), command.find("5F2A")
    if amount is None or len(amount.value) != 6:
        return ""
    if currency is None:
        return money(amount.value, b"")
    return money(amount.value, currency.value)
