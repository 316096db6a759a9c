# SPDX-License-Identifier: MIT
"""Rules about what was decided and by whom: action codes, restrictions, the issuer's answer, its scripts, its data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...acts.act import Statement
from ...acts.emv import actions, judges
from ...acts.emv.cvm import VISA_LIKE
from ...acts.emv.data import TEMPLATE_SFIS, Element, illegal, records
from ...acts.emv.dialogue import asked, cryptogram, ins_of, is_read
from ...apps.emv import GENERATE_AC, GPO, parse_afl
from ...apps.iso7816 import (
    EXTERNAL_AUTHENTICATE,
    GET_DATA,
    INTERNAL_AUTHENTICATE,
    READ_RECORD,
    SELECT,
)
from ...core.apdu import is_secure
from ...core.facts import facts
from ...core.model import Evidence, Exchange, Node, Severity
from ...core.registers import card_numbers, issuing_schemes
from ...core.values import fits
from ...crypto.methods import MASTERCARD
from ...road.meaning import drawn, halves_of, name
from ..engine import Missing, Result, Results, fails_if, incomplete, only, p1_of, whole_half
from ..sources import BOOK2, BOOK3, BST21B
from .payment import Payment, payment_rule

# Byte and bit that say "script failed", by the size of the CVR: Visa, common core, M/Chip
SCRIPT_FAILED = {3: (2, 0x08), 5: (3, 0x08), 6: (4, 0x01)}
NOT_PLAIN = ("length in a longer form", "indefinite length")
# Tags of a directory, which come once for each application
REPEATED = ("50", "87", "4F", "61", "9F2A", "9F12", "9F11")
MAX_SHOWN = 8
ANSWERED_IN_TLV = (SELECT, GPO, READ_RECORD, GENERATE_AC, GET_DATA, INTERNAL_AUTHENTICATE)

# Bits of the TVR (Book 3, annex C5)
OFFLINE_LIMIT_PASSED = 0x60  # byte 4
ISSUER_AUTHENTICATION_FAILED = 0x40  # byte 5
SCRIPT_NOT_DONE = 0x30  # byte 5

AIP_ISSUER_AUTHENTICATION = 0x04  # byte 1 (Book 3, annex C1)

Fault = tuple[str, Element | Evidence]


def as_result(statements: Iterable[Statement]) -> Result:
    """What a phase of the payment says, as a result: a failure where terminal, card and specification do not fit."""
    texts: list[str] = []
    places: dict[Evidence, None] = {}
    wrong = False
    for statement in statements:
        texts.append(statement.text)
        places.update(dict.fromkeys(statement.evidence))
        wrong = wrong or statement.agrees is False
    return fails_if(wrong, "; ".join(texts), *places)


@payment_rule("E10", "critical", "card number of another scheme", BST21B)
def other_brand(payment: Payment) -> Results:
    """The selected application belongs to one scheme, the card number to another: the application identifier was
    changed on the way, and other rules were applied. So do issuer data (IAD) of another scheme's layout. Cards of two
    brands exist; those that are known are left out. Do: decline, unless the issuer says that the card has both brands.
    """
    beginnings = card_numbers(payment.aid)
    only(beginnings)
    number = payment.get("5A", "response") or payment.get("57", "response")
    if number is None:
        raise Missing("no 5A and no 57 in this capture")
    detail = f"application {payment.aid[:10]}, number begins with {number.hex[:6]}"
    own_number = number.hex.startswith(beginnings)
    iad = payment.get("9F10", "response")
    layout = other_layout(payment.aid, iad) if iad else ""
    if layout:
        yield fails_if(True, f"{detail}, IAD as of {layout}", number, iad)
    elif own_number or issuing_schemes(number.hex):
        yield fails_if(not own_number, detail, number)
    else:
        raise Missing(f"{detail}: no scheme is known whose numbers begin so")


def other_layout(aid: str, iad: Element) -> str:
    """The scheme in whose layout an IAD is, where it is not that of its application; empty otherwise."""
    if not aid.startswith((*VISA_LIKE, MASTERCARD)):
        return ""
    if iad.node.fact.layout and iad.node.fact.layout.alternative(iad.value):
        return ""
    for scheme in ("visa", "mastercard"):
        layout = facts("emv", scheme).find("9F10").layout
        if layout.alternative(iad.value):
            return scheme
    return ""


@payment_rule("E85", "medium", "velocity limit passed and not noticed", f"{BOOK3}, 10.6.3")
def velocity(payment: Payment) -> Results:
    """The card was offline more often in a row than its limits allow, and the TVR does not say so.
    Do: repair the terminal's risk management.
    """
    lower = payment.get("9F14", "response", 1)
    upper = payment.get("9F23", "response", 1)
    if lower is None or upper is None:
        return  # without both, a terminal does not look (Book 3, 10.6.3)
    last_online = payment.need("9F13", 2)
    atc = payment.need("9F36", 2)
    tvr = payment.need_tvr()
    offline = int.from_bytes(atc.value) - int.from_bytes(last_online.value)
    limits = (lower.value[0], upper.value[0])
    unnoticed = offline > min(limits) and not tvr.value[3] & OFFLINE_LIMIT_PASSED
    detail = f"{offline} since the last online one, limits {limits[0]}, {limits[1]}"
    yield fails_if(unnoticed, detail, atc, last_online, tvr)


@payment_rule("E90", "high", "the terminal did not do what the action codes say", f"{BOOK3}, 10.7")
def action_codes(payment: Payment) -> Results:
    """TVR bits that the issuer wants declined or sent online were set, and the terminal asked for something better. Its
    own action codes are not in a capture: they can only ask for more. Do: repair the terminal.
    """
    dialogue = payment.dialogue
    only(dialogue.first and not dialogue.in_gpo)
    if dialogue.tvr is None:
        raise Missing("no 95 in the first GENERATE AC")
    codes, _ = actions.issuer_codes(dialogue)
    if codes is None:
        raise Missing("9F0D, 9F0E, 9F0F are not all in this capture, or not of 5 bytes")
    yield as_result(actions.judge(dialogue))


@payment_rule("E92", "medium", "a restriction that the TVR tells otherwise", f"{BOOK3}, 10.4")
def restrictions(payment: Payment) -> Results:
    """The card is expired, not yet effective, not for this use, or of another version than the terminal, and the TVR
    does not say so, or says so of a card that is none of it: the terminal did not look, or looked at other data.
    Do: compare date and records.
    """
    only(not payment.dialogue.in_gpo)
    payment.need_tvr()
    compared = []
    for statement in judges.restrictions(payment.dialogue):
        if statement.agrees is not None:
            compared.append(statement)
    if not compared:
        raise Missing("no dates, versions or usage control to compare in this capture")
    yield as_result(compared)


@payment_rule(
    "E93", "critical", "approved though the issuer's answer failed", f"{BOOK3}, 10.9; {BOOK2}, 8.2"
)
def issuer_not_authenticated(payment: Payment) -> Results:
    """EXTERNAL AUTHENTICATE was refused: the online answer is not the issuer's. Yet the terminal asks for an approval.
    Worse if the TVR hides it. Do: decline; find out who sent that answer.
    """
    for exchange in payment.commands(EXTERNAL_AUTHENTICATE):
        generate_ac = _next_generate_ac(payment, exchange)
        if exchange.response is None or generate_ac is None or generate_ac.command is None:
            continue
        sw = exchange.response.sw
        if sw is None:
            raise Missing("the answer to EXTERNAL AUTHENTICATE has no status word")
        approves = sw != 0x9000 and asked(generate_ac) == "TC"
        tvr = _tvr_of(payment, generate_ac)
        if approves and tvr is None:
            raise Missing("no 95 in the second GENERATE AC")
        detail = f"EXTERNAL AUTHENTICATE answered {sw:04X}, then P1 {generate_ac.command.p1:02X}"
        hidden = False
        severity: Severity | None = "medium"
        if tvr is not None:
            detail += f", TVR {tvr.hex}"
            hidden = not tvr.value[-1] & ISSUER_AUTHENTICATION_FAILED
        if hidden:
            severity = None
        kind, _ = cryptogram(generate_ac)
        bad = approves and (hidden or kind == "TC")
        places = (whole_half(exchange, "response"), p1_of(generate_ac))
        yield fails_if(bad, detail, *places, severity=severity)


def _next_generate_ac(payment: Payment, exchange: Exchange) -> Exchange | None:
    for generate_ac in payment.commands(GENERATE_AC):
        if generate_ac.index > exchange.index:
            return generate_ac
    return None


def _tvr_of(payment: Payment, exchange: Exchange) -> Element | None:
    for tvr in payment.all("95", "command"):
        if tvr.exchange is exchange:
            return tvr
    return None


@payment_rule("E94", "low", "no answer of the issuer", f"{BOOK3}, 10.9")
def issuer_silent(payment: Payment) -> Results:
    """The card can check its issuer's answer, it asked to go online and approved after, but no answer came to the card.
    Do: usual where the answer was lost; a terminal that never forwards it should be repaired.
    """
    aip = payment.need("82", 2)
    kinds = [kind for kind, _ in payment.dialogue.decisions]
    only(aip.value[0] & AIP_ISSUER_AUTHENTICATION)
    only(kinds[-2:] == ["ARQC", "TC"] and not payment.contactless)
    answer = payment.get("91", "command")
    payment.need_whole(unless=answer)
    if answer:
        yield fails_if(False, "issuer authentication data sent", aip, answer)
    else:
        yield fails_if(True, "issuer authentication data not sent", aip)


@payment_rule("E95", "critical", "issuer script without protection", f"{BOOK2}, 9; {BOOK3}, 6.5")
def bare_script(payment: Payment) -> Results:
    """A command that changes the card came without secure messaging: anybody could have sent it.
    Do: the card must refuse it; replace cards that do not.
    """
    for exchange in payment.exchanges:
        command = exchange.command
        if command is None or name(exchange) not in judges.SCRIPTS:
            continue
        bare = not is_secure(command.cla)
        detail = f"{name(exchange)} with class {command.cla:02X}"
        if is_read(exchange):
            yield fails_if(bare, f"{detail}, done", whole_half(exchange))
        else:
            detail = f"{detail}, not done"
            yield fails_if(bare, detail, whole_half(exchange), severity="medium")


@payment_rule("E96", "low", "issuer script failed", f"{BOOK3}, 10.10")
def script_failed(payment: Payment) -> Results:
    """The TVR, or the card in its own results (CVR), says that a script of the issuer was not carried out.
    Do: the issuer sees it and sends it again.
    """
    only(not payment.dialogue.in_gpo)
    tvr = payment.need_tvr()
    iad = payment.get("9F10", "response")
    cvr = iad.part("CVR") if iad else b""
    in_cvr = False
    if len(cvr) in SCRIPT_FAILED:
        place, bit = SCRIPT_FAILED[len(cvr)]
        in_cvr = bool(cvr[place] & bit)
    in_tvr = bool(tvr.value[4] & SCRIPT_NOT_DONE)
    cvr_text = cvr.hex().upper() or "not known"
    detail = f"TVR byte 5 is {tvr.value[4]:02X}, CVR {cvr_text}"
    yield fails_if(in_tvr or in_cvr, detail, tvr, iad if in_cvr else None)


@payment_rule("E100", "medium", "malformed data objects", f"{BOOK3}, annex B")
def malformed(payment: Payment) -> Results:
    """A data element that is not well formed or of the wrong length, or one that appears twice with different values: a
    faulty personalisation, or somebody joined two cards. Do: read the card again elsewhere.
    """
    faults: list[Fault] = []
    for exchange in payment.exchanges:
        reason, _ = incomplete(exchange)
        if not reason and _holds_tlv(exchange):
            faults += _not_well_formed(exchange)
    has_log = payment.get("9F4D") is not None
    for tag, elements in payment.dialogue.elements.items():
        faults += _wrong_lengths(elements)
        if len(elements) > 1 and tag not in REPEATED and not has_log:
            faults += _second_value(elements)
    if not faults:
        first = whole_half(payment.exchanges[0])
        yield fails_if(False, "lengths and values agree", first)
        return
    shown = faults[:MAX_SHOWN]
    detail = ", ".join(text for text, _ in shown)
    yield fails_if(True, detail, *(place for _, place in shown))


def _holds_tlv(exchange: Exchange) -> bool:
    """Whether an answer must be TLV: transparent files and challenges are not, nor are records of an issuer's files.

    Only the records of SFI 1 to 10 are templates (EMV Book 3, 5.3.2.2).
    """
    command, response = exchange.command, exchange.response
    if command is None or response is None or command.ins not in ANSWERED_IN_TLV:
        return False
    is_template = response.data[:1] == b"\x70"
    return command.ins != READ_RECORD or is_template or command.p2 >> 3 in TEMPLATE_SFIS


def _not_well_formed(exchange: Exchange) -> Iterator[Fault]:
    """The TLV objects of an answer that are damaged, or whose length is written in a way that EMV does not allow."""
    for node in drawn(exchange, _damaged):
        label = node.tag or node.name or "bytes"
        place = Evidence(exchange.index, "response", node.start, node.stop)
        yield f"{label}: {node.error or node.note}", place


def _damaged(root: Node) -> list[Node]:
    """The nodes of an answer that are not well formed."""
    nodes = []
    for side, half in halves_of(root):
        if side != "response":
            continue
        for _, node in half.walk():
            if node.buf is half.buf and (node.error or node.note.startswith(NOT_PLAIN)):
                nodes.append(node)
    return nodes


def _wrong_lengths(elements: Iterable[Element]) -> Iterator[Fault]:
    """Elements of a length that their row does not allow; a row from memory alone is no proof."""
    for element in elements:
        fact = element.node.fact
        size = len(element.value)
        if size and fact.checked != "memory" and not fits(fact, size):
            yield f"{element.tag} has {size} bytes", element


def _second_value(elements: Iterable[Element]) -> Iterator[Fault]:
    """An element that records hold with different values; a card with a log has such records."""
    in_records = []
    for element in elements:
        is_answer = element.evidence.side == "response" and element.value
        if is_answer and ins_of(element.exchange) == READ_RECORD:
            in_records.append(element)
    values = {element.value for element in in_records if not element.node.children}
    if len(values) > 1:
        last = in_records[-1]
        yield f"{last.tag} has two values", last


@payment_rule("E101", "low", "illegal file locator", f"{BOOK3}, 10.2")
def illegal_locator(payment: Payment) -> Results:
    """The AFL names files or records that cannot be, or records were read that it does not name. Do: a terminal must
    end such a transaction; what reads other records is a tool.
    """
    afl = payment.need("94")
    wrong = illegal(afl.value)
    if wrong:
        yield fails_if(True, "; ".join(wrong[:4]), afl)
    else:
        detail = f"{len(parse_afl(afl.value))} entries, all of them legal"
        yield fails_if(False, detail, afl)
    unnamed = _unnamed_records(payment)
    if unnamed:
        detail = f"{len(unnamed)} records read that the AFL does not name"
        yield fails_if(True, detail, *map(whole_half, unnamed[:MAX_SHOWN]))


def _unnamed_records(payment: Payment) -> list[Exchange]:
    """The records that were read and that neither the AFL nor the log entry names."""
    log_entry = payment.get("9F4D") or payment.get("DF60", size=2)
    log_sfi = log_entry.value[0] if log_entry else None
    unnamed = []
    for place, exchange in records(payment.exchanges).items():
        sfi, _ = place
        if place not in payment.dialogue.places and sfi != log_sfi:
            unnamed.append(exchange)
    return unnamed
