# SPDX-License-Identifier: MIT
"""Transactions: which exchanges belong to one payment, how it ended, and the bytes that say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field

from ..apps import by_aid, emv, iso7816
from ..codec import to_hex
from ..dictionary import aid_name, status_text
from ..model import Capture, Evidence, Exchange, Session, record
from ..pipeline import decode, halves

NOT_FOUND = 0x6A82
_VISA = "A000000003"
_AC = {0x00: "AAC", 0x40: "TC", 0x80: "ARQC"}
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

    `outcome` is a short phrase, `why` the texts that led to it, `evidence` the bytes that show it.
    """

    index: int
    session: int
    aid: str
    name: str
    exchanges: tuple[Exchange, ...] = field(repr=False)
    outcome: str
    why: tuple[str, ...]
    evidence: tuple[Evidence, ...]

    def __str__(self) -> str:
        reason = f": {'; '.join(self.why)}" if self.why else ""
        return f"{self.name}: {self.outcome}{reason}"


def exchanges_of(source: Capture | Session | Iterable[Exchange]) -> Iterator[Exchange]:
    """The exchanges of whatever holds some."""
    yield from source.exchanges if isinstance(source, Capture | Session) else source


def transactions(source: Capture | Session | Iterable[Exchange]) -> list[Transaction]:
    """The payments in a capture, in order; a directory (PSE, PPSE) that was only read is none."""
    groups: list[list[Exchange]] = []
    for exchange in exchanges_of(source):
        fresh = _begins(exchange) or (groups and groups[-1][-1].session != exchange.session)
        if fresh or not groups:
            groups.append([])
        groups[-1].append(exchange)
    payments = [group for group in groups if any(_is_payment(exchange) for exchange in group)]
    return [_transaction(index, group) for index, group in enumerate(payments)]


def _begins(exchange: Exchange) -> bool:
    command = exchange.command
    return command is not None and command.ins == iso7816.SELECT and command.p1 == 4


def _is_payment(exchange: Exchange) -> bool:
    """Whether it belongs to a payment: its application is selected, or was asked for and not found missing (6A82)."""
    context, command, response = exchange.context, exchange.command, exchange.response
    if context.application == "emv" and context.aid not in emv.DIRECTORIES and not _begins(exchange):
        return True
    if not _begins(exchange) or command is None or response is None or response.sw in (None, NOT_FOUND):
        return False
    aid = to_hex(command.data)
    return by_aid(aid) is emv.APP and aid not in emv.DIRECTORIES


def _transaction(index: int, group: list[Exchange]) -> Transaction:
    asked = to_hex(group[0].command.data) if group[0].command and _begins(group[0]) else ""
    aid = next((e.context.aid for e in group[1:] if _is_payment(e) and e.context.aid), asked)
    outcome, why, evidence = _outcome(group)
    name = aid_name(aid) or (f"application {aid}" if aid else "payment application, not known which")
    return Transaction(index, group[0].session, aid, name, tuple(group), outcome, tuple(why), tuple(evidence))


def _outcome(group: list[Exchange]) -> tuple[str, list[str], list[Evidence]]:
    """How it ended: by the last cryptogram and what came after it, else by what is missing."""
    told = [(place, found) for place, exchange in enumerate(group) for found in [_cryptogram(exchange)] if found]
    if not told:
        return _unfinished(group)
    place, (kind, evidence) = told[-1]
    generated = sum(1 for at, _ in told if _ins(group[at]) == emv.GENERATE_AC)
    outcome = _ENDS.get((kind, min(generated, 2) or 1), "ended with a cryptogram of a type that is not told")
    why = [kind, *_reasons(group[place])] if kind else _reasons(group[place])
    refusal = _refusal([e for e in group[place + 1 :] if _ins(e) == emv.GENERATE_AC])
    if refusal:
        return f"{outcome}, then refused by the card", [*why, refusal[0]], [evidence, refusal[1]]
    return outcome, why, [evidence]


def _ins(exchange: Exchange) -> int | None:
    return exchange.command.ins if exchange.command else None


def _cryptogram(exchange: Exchange) -> tuple[str, Evidence] | None:
    """The type of the cryptogram in an answer, empty if it is not told, and the bytes that say so.

    The CID says it (EMV Book 3, 6.5.5.4); where a Visa card leaves it out, the CVR in the IAD does.
    """
    response = exchange.response
    if response is None or _ins(exchange) not in (emv.GENERATE_AC, emv.GPO) or not iso7816.accepted(response):
        return None
    half = next(half for side, half in halves(exchange) if side == "response")
    cid, iad = half.find("9F27"), half.find("9F10")
    shown = cid or half.find("9F26")
    if shown is None or not shown.value:
        return None
    kind = ""
    if cid is not None:
        kind = _AC.get(cid.value[0] & 0xC0, "")
    elif iad is not None and exchange.context.aid.startswith(_VISA) and iad.value[3:4] == b"\x03" and iad.value[4:5]:
        kind, shown = _AC.get(iad.value[4] << 2 & 0xC0, ""), iad
    return kind, Evidence(exchange.index, "response", shown.start, shown.stop)


def _reasons(last: Exchange) -> list[str]:
    """What the terminal asked for and what it had found, from the command that the card answered."""
    found: list[str] = []
    if last.command and last.command.ins == emv.GENERATE_AC:
        found.append(f"the terminal asked for {_AC.get(last.command.p1 & 0xC0, 'RFU')}")
    root = decode(last)
    for tag, label in (("95", "TVR"), ("9F34", "CVM")):
        node = next((half.find(tag) for half in root.children), None)
        if node is not None and node.value and not node.error:
            found.append(f"{label} {to_hex(node.value)}: {node.text}")
    return found


def _refusal(group: list[Exchange]) -> tuple[str, Evidence] | None:
    """The last refusal of a command that the payment cannot do without."""
    for exchange in reversed(group):
        response, ins = exchange.response, _ins(exchange)
        if response is None or response.sw is None or ins not in (iso7816.SELECT, emv.GPO, emv.GENERATE_AC):
            continue
        if not iso7816.accepted(response):
            size = len(response.data)
            text = f"{response.sw:04X} {status_text(response.sw, ins)[0]}"
            return text, Evidence(exchange.index, "response", size, size + 2)
    return None


def _unfinished(group: list[Exchange]) -> tuple[str, list[str], list[Evidence]]:
    """No cryptogram: a refusal, or the last step that was taken."""
    refusal = _refusal(group)
    if refusal:
        return "refused by the card", [refusal[0]], [refusal[1]]
    for exchange in group:
        if _ins(exchange) == emv.COMPUTE_CHECKSUM and exchange.response and iso7816.accepted(exchange.response):
            evidence = Evidence(exchange.index, "response", 0, len(exchange.response.data))
            return "paid in mag-stripe mode", ["the card computed a dynamic code (CVC3)"], [evidence]
    steps = {_ins(exchange) for exchange in group}
    if emv.GPO not in steps:
        return "selected only", ["no GET PROCESSING OPTIONS in this capture"], []
    return "read only", ["no cryptogram in this capture"], []
