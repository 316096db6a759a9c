# SPDX-License-Identifier: MIT
"""Transactions: which exchanges belong to one payment, how it ended, and the bytes that say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from os import PathLike

from ...apps import by_aid, emv, iso7816
from ...core.codec import parse_bcd, to_hex
from ...core.dictionary import aid_name, lookup
from ...core.model import Capture, Evidence, Exchange, Session, record
from ...crypto.keyring import Key, keyring
from ...road.pipeline import decode
from .dialogue import ActionCodes, action_codes, answer_of, asked, cryptogram, ins_of, is_read
from .phases import Phase, phases

NOT_FOUND = 0x6A82
_NEEDED = (iso7816.SELECT, emv.GPO, emv.GENERATE_AC)
_ENDS = {
    ("AAC", 1): "declined by the card",
    ("TC", 1): "approved offline",
    ("ARQC", 1): "the card asks for an online decision",
    ("AAC", 2): "declined after the online decision",
    ("TC", 2): "approved after the online decision",
}


@record
class Transaction:
    """An application-level act: from the selection of an application to its last command.

    `outcome` is a short phrase, `why` the texts that led to it, `evidence` their bytes; `amount` "42.50 EUR".
    """

    index: int
    session: int
    aid: str
    name: str
    exchanges: tuple[Exchange, ...] = field(repr=False)
    outcome: str
    why: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    tac: ActionCodes | None = None
    keys: tuple[Key, ...] | None = field(default=None, repr=False)
    amount: str = ""

    @property
    def headline(self) -> str:
        """What, how it ended and why, in one line."""
        reason = f": {'; '.join(self.why)}" if self.why else ""
        return f"{', '.join(filter(None, (self.name, self.amount)))}: {self.outcome}{reason}"

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The phases of EMV with their exchanges and with what was decided in each; made when it is asked for."""
        return phases(self.exchanges, self.tac)


def exchanges_of(source: Capture | Session | Iterable[Exchange]) -> Iterator[Exchange]:
    """The exchanges of whatever holds some."""
    yield from source.exchanges if isinstance(source, Capture | Session) else source


def transactions(
    source: Capture | Session | Iterable[Exchange],
    tac: Mapping[str, str] | None = None,
    keys: Iterable[str | PathLike[str]] = (),
) -> list[Transaction]:
    """The payments in a capture, in order; a directory (PSE, PPSE) that was only read is none.

    `tac` are the action codes of the terminal, if known: {"denial": "0010000000", "online": ..., "default": ...};
    `keys` are files with keys for what can be computed again, beside those that are shipped.
    """
    codes, files = action_codes(tac) if tac is not None else None, tuple(keys)
    ring = keyring(files) if files else None
    groups: list[list[Exchange]] = []
    for exchange in exchanges_of(source):
        fresh = _begins(exchange) or (groups and groups[-1][-1].session != exchange.session)
        if fresh or not groups:
            groups.append([])
        groups[-1].append(exchange)
    payments = [group for group in groups if any(_is_payment(exchange) for exchange in group)]
    return [
        replace(_transaction(index, group), tac=codes, keys=ring)
        for index, group in enumerate(payments)
    ]


def _begins(exchange: Exchange) -> bool:
    command = exchange.command
    return command is not None and command.ins == iso7816.SELECT and command.p1 == 4


def _is_payment(exchange: Exchange) -> bool:
    """Whether it belongs to a payment: its application is selected, or was asked for and not found missing (6A82)."""
    context, command, response = exchange.context, exchange.command, exchange.response
    if (
        context.application == "emv"
        and context.aid not in emv.DIRECTORIES
        and not _begins(exchange)
    ):
        return True
    if (
        not _begins(exchange)
        or command is None
        or response is None
        or response.sw in (None, NOT_FOUND)
    ):
        return False
    aid = to_hex(command.data)
    return by_aid(aid) is emv.APP and aid not in emv.DIRECTORIES


def _transaction(index: int, group: list[Exchange]) -> Transaction:
    wanted = to_hex(group[0].command.data) if group[0].command and _begins(group[0]) else ""
    aid = next((e.context.aid for e in group[1:] if _is_payment(e) and e.context.aid), wanted)
    outcome, why, evidence = _outcome(group)
    name = aid_name(aid) or (
        f"application {aid}" if aid else "payment application, not known which"
    )
    amount = next((paid for exchange in reversed(group) if (paid := _paid(exchange))), "")
    return Transaction(
        *(index, group[0].session, aid, name, tuple(group), outcome, tuple(why), tuple(evidence)),
        amount=amount,
    )


def _paid(exchange: Exchange) -> str:
    """The amount that the terminal sent, as one says it: "42.50 EUR"; in minor units where no currency is told."""
    if ins_of(exchange) not in (emv.GENERATE_AC, emv.GPO):
        return ""
    sent = decode(exchange).children[0]
    amount, currency = sent.find("9F02"), sent.find("5F2A")
    digits = parse_bcd(amount.value) if amount is not None and len(amount.value) == 6 else None
    code = to_hex(currency.value)[1:] if currency is not None else ""
    if digits is None or not (name := lookup("currencies", code)):
        return f"{int(digits)} minor units" if digits else ""
    places = int(lookup("exponents", code) or 2)
    return f"{int(digits) / 10**places:.{places}f} {name}"


def _outcome(group: list[Exchange]) -> tuple[str, list[str], list[Evidence]]:
    """How it ended: by the last cryptogram and what came after it, else by what is missing."""
    told = [
        (place, kind, where)
        for place, exchange in enumerate(group)
        for kind, where in [cryptogram(exchange)]
        if where
    ]
    if not told:
        return _unfinished(group)
    place, kind, evidence = told[-1]
    generated = sum(1 for at, *_ in told if ins_of(group[at]) == emv.GENERATE_AC)
    outcome = _ENDS.get(
        (kind, min(generated, 2) or 1), "ended with a cryptogram of a type that is not told"
    )
    why = [kind, *_reasons(group[place])] if kind else _reasons(group[place])
    refusal = _refusal([e for e in group[place + 1 :] if ins_of(e) == emv.GENERATE_AC])
    if refusal:
        return f"{outcome}, then refused by the card", [*why, refusal[0]], [evidence, refusal[1]]
    return outcome, why, [evidence]


def _reasons(last: Exchange) -> list[str]:
    """What the terminal asked for and what it had found, from the command that the card answered."""
    found = []
    if wanted := asked(last):
        found.append(f"the terminal asked for {wanted}")
    root = decode(last)
    for tag, label in (("95", "TVR"), ("9F34", "CVM")):
        node = next((half.find(tag) for half in root.children), None)
        if node is not None and node.value and not node.error:
            found.append(f"{label} {to_hex(node.value)}: {node.text}")
    return found


def _refusal(group: list[Exchange]) -> tuple[str, Evidence] | None:
    """The last refusal of a command that the payment cannot do without."""
    for exchange in reversed(group):
        text, where = answer_of(exchange)
        if where and ins_of(exchange) in _NEEDED and not is_read(exchange):
            return text, where
    return None


def _unfinished(group: list[Exchange]) -> tuple[str, list[str], list[Evidence]]:
    """No cryptogram: a refusal, or the last step that was taken."""
    refusal = _refusal(group)
    if refusal:
        return "refused by the card", [refusal[0]], [refusal[1]]
    for exchange in group:
        if ins_of(exchange) == emv.COMPUTE_CHECKSUM and is_read(exchange) and exchange.response:
            evidence = Evidence(exchange.index, "response", 0, len(exchange.response.data))
            return (
                "paid in mag-stripe mode",
                ["the card computed a dynamic code (CVC3)"],
                [evidence],
            )
    steps = {ins_of(exchange) for exchange in group}
    if emv.GPO not in steps:
        return "selected only", ["no GET PROCESSING OPTIONS in this capture"], []
    return "read only", ["no cryptogram in this capture"], []
