# SPDX-License-Identifier: MIT
"""Rules about what was decided and by whom: action codes, restrictions, the issuer's answer, its scripts, structure."""

from __future__ import annotations

from collections import Counter

from ..apdu import is_secure
from ..apps.emv import EXTERNAL_AUTHENTICATE, GENERATE_AC, READ_RECORD, parse_afl
from ..apps.iso7816 import SELECT, accepted
from ..model import Evidence
from ..payment.data import Found
from .engine import Case, Missing, Payment, Result, Results, payment_rule, rule, whole
from .sources import BOOK2, BOOK3, BST21B

SCRIPT_COMMANDS = {0x24: "PIN CHANGE", 0x1E: "APPLICATION BLOCK", 0x18: "APPLICATION UNBLOCK", 0x16: "CARD BLOCK"}
SCRIPT_COMMANDS |= {0xDA: "PUT DATA", 0xDC: "UPDATE RECORD"}
FIXED = {"82": 2, "95": 5, "9A": 3, "9C": 1, "9F02": 6, "9F03": 6, "9F1A": 2, "5F2A": 2, "9F26": 8, "9F27": 1}
FIXED |= {"9F36": 2, "9F37": 4, "5F24": 3, "5F25": 3, "9F0D": 5, "9F0E": 5, "9F0F": 5, "9F34": 3}
NUMBERS = {  # how numbers of a scheme begin, where its application is used by no other
    "A000000003": ("4",),
    "A000000004": ("2", "5", "6"),  # Maestro has 50 and 56 to 69
    "A000000025": ("34", "37"),
    "A000000065": ("35",),
    "A000000333": ("62", "4", "5"),  # cards of two brands
}
REPEATED = ("50", "87", "4F", "61", "9F2A", "9F12", "9F11")  # of a directory: once for each application
MANY = 20


@payment_rule("E10", "critical", "card number of another scheme", BST21B)
def other_brand(payment: Payment) -> Results:
    """The selected application belongs to one scheme, the card number to another: the application identifier was
    changed on the way, and other rules were applied. Cards of two brands exist; those that are known are left out.
    Do: decline, unless the issuer says that the card has both brands.
    """
    prefixes = NUMBERS.get(payment.aid[:10])
    number = payment.get("5A", "response") or payment.get("57", "response")
    if prefixes is None:
        return
    if number is None:
        raise Missing("no 5A and no 57 in this capture")
    good = number.hex.startswith(prefixes)
    detail = f"application {payment.aid[:10]}, number begins with {number.hex[:6]}"
    yield Result("pass" if good else "fail", detail, (number.evidence,))


@payment_rule("E85", "medium", "velocity limit passed and not noticed", f"{BOOK3}, 10.6.3")
def velocity(payment: Payment) -> Results:
    """The card was offline more often in a row than its limits allow, and the TVR does not say so.
    Do: repair the terminal's risk management.
    """
    last = payment.get("9F13", "response", 2)
    if last is None:
        return
    atc, tvr = payment.need("9F36", 2), payment.need("95", 5)
    limits = [one for tag in ("9F14", "9F23") if (one := payment.get(tag, "response", 1))]
    if not limits:
        raise Missing("no 9F14 and no 9F23 in this capture")
    since = int.from_bytes(atc.value) - int.from_bytes(last.value)
    passed = any(since > one.value[0] for one in limits) and not tvr.value[3] & 0x60
    detail = f"{since} since the last online one, limits {', '.join(str(one.value[0]) for one in limits)}"
    yield Result("fail" if passed else "pass", detail, (atc.evidence, last.evidence, tvr.evidence))


@payment_rule("E90", "high", "the terminal did not do what the action codes say", f"{BOOK3}, 10.7")
def action_codes(payment: Payment) -> Results:
    """TVR bits that the issuer wants declined or sent online were set, and the terminal asked for something better. Its
    own action codes are not in a capture: they can only ask for more. Do: repair the terminal.
    """
    if payment.visa_contactless:
        return
    asked = payment.sent(GENERATE_AC)
    if not asked or asked[0].command is None:
        return
    tvr = next((one for one in payment.all("95", "command") if one.exchange is asked[0]), None)
    if tvr is None:
        raise Missing("no 95 in the first GENERATE AC")
    denial, online = payment.need("9F0E", 5), payment.need("9F0F", 5)
    kind = asked[0].command.p1 & 0xC0
    hits = [any(a & b for a, b in zip(tvr.value, code.value, strict=False)) for code in (denial, online)]
    wrong = (hits[0] and kind != 0) or (hits[1] and kind == 0x40)
    proof = (
        tvr.evidence,
        denial.evidence,
        online.evidence,
        Evidence(asked[0].index, "command", 2, 3, payment.case.file),
    )
    detail = f"TVR {tvr.hex}, denial {denial.hex}, online {online.hex}, asked for P1 {asked[0].command.p1:02X}"
    yield Result("fail" if wrong else "pass", detail, proof)


@payment_rule("E92", "medium", "a restriction that the TVR does not tell", f"{BOOK3}, 10.4")
def restrictions(payment: Payment) -> Results:
    """The card is expired, not yet effective, or of another version than the terminal, and the TVR does not say so: the
    terminal did not look, or looked at other data. Do: compare date and records.
    """
    tvr, date = payment.need("95", 5), payment.need("9A", 3)
    until, since = payment.need("5F24", 3), payment.get("5F25", size=3)
    wrong: list[tuple[str, Found]] = []
    if until.value < date.value and not tvr.value[1] & 0x40:
        wrong.append(("expired", until))
    if since and since.value > date.value and not tvr.value[1] & 0x20:
        wrong.append(("not yet effective", since))
    mine, theirs = payment.get("9F08", size=2), payment.get("9F09", "command", 2)
    if mine and theirs and mine.value != theirs.value and not tvr.value[1] & 0x80:
        wrong.append(("versions differ", mine))
    detail = ", ".join(what for what, _ in wrong) or "what the dates say stands in the TVR"
    yield Result(
        "fail" if wrong else "pass", detail, (tvr.evidence, date.evidence, *(one.evidence for _, one in wrong))
    )


@payment_rule("E93", "critical", "approved though the issuer's answer failed", f"{BOOK3}, 10.9; {BOOK2}, 8.2")
def issuer_not_authenticated(payment: Payment) -> Results:
    """EXTERNAL AUTHENTICATE was refused: the online answer is not the issuer's. Yet the terminal asks for an approval.
    Worse if the TVR hides it. Do: decline; find out who sent that answer.
    """
    for exchange in payment.sent(EXTERNAL_AUTHENTICATE):
        later = [e for e in payment.sent(GENERATE_AC) if e.index > exchange.index]
        if exchange.response is None or not later or later[0].command is None:
            continue
        good, asks = exchange.response.sw == 0x9000, later[0].command.p1 & 0xC0 == 0x40
        tvr = next((one for one in payment.all("95", "command") if one.exchange is later[0]), None)
        if not good and asks and tvr is None:
            raise Missing("no 95 in the second GENERATE AC")
        hidden = tvr is not None and not tvr.value[4:5] > b"\x3f"
        answer = f"EXTERNAL AUTHENTICATE answered {exchange.response.sw or 0:04X}"
        proof = (
            whole(exchange, "response", payment.case.file),
            Evidence(later[0].index, "command", 2, 3, payment.case.file),
        )
        detail = f"{answer}, then P1 {later[0].command.p1:02X}" + (f", TVR {tvr.hex}" if tvr else "")
        yield Result("fail" if not good and asks else "pass", detail, proof, None if hidden else "medium")


@payment_rule("E94", "low", "no answer of the issuer", f"{BOOK3}, 10.9")
def issuer_silent(payment: Payment) -> Results:
    """The card can check its issuer's answer, it asked to go online and approved after, but no answer came to the card.
    Do: usual where the answer was lost; a terminal that never forwards it should be repaired.
    """
    aip = payment.need("82", 2)
    made = payment.sent(GENERATE_AC)
    if payment.contactless or not aip.value[0] & 0x04 or len(made) < 2 or payment.visa_contactless:
        return
    answer = payment.get("91", "command")
    if answer is None:
        payment.need_whole()
    proof = (aip.evidence, *((answer.evidence,) if answer else ()))
    yield Result("pass" if answer else "fail", f"issuer authentication data {'sent' if answer else 'not sent'}", proof)


@rule("E95", "critical", "issuer script without protection", f"{BOOK2}, 9; {BOOK3}, 6.5")
def bare_script(case: Case) -> Results:
    """A command that changes the card came without secure messaging: anybody could have sent it.
    Do: the card must refuse it; replace cards that do not.
    """
    for payment in case.payments:
        for exchange in payment.exchanges:
            command = exchange.command
            if command is None or command.ins not in SCRIPT_COMMANDS:
                continue
            bare = not is_secure(command.cla)
            done = bool(exchange.response and accepted(exchange.response))
            detail = f"{SCRIPT_COMMANDS[command.ins]} with class {command.cla:02X}, {'done' if done else 'not done'}"
            proof = (whole(exchange, file=case.file),)
            yield Result("fail" if bare else "pass", detail, proof, "medium" if bare and not done else None)


@payment_rule("E96", "low", "issuer script failed", f"{BOOK3}, 10.10")
def script_failed(payment: Payment) -> Results:
    """The TVR says that a script of the issuer was not carried out. Do: the issuer sees it and sends it again."""
    tvr = payment.need("95", 5)
    failed = bool(tvr.value[4] & 0x30) and not payment.contactless
    yield Result("fail" if failed else "pass", f"TVR byte 5 is {tvr.value[4]:02X}", (tvr.evidence,))


@payment_rule("E100", "medium", "malformed data objects", f"{BOOK3}, annex B")
def malformed(payment: Payment) -> Results:
    """A data element of the wrong length, or one that appears twice with different values: a faulty personalisation, or
    somebody joined two cards. Do: read the card again elsewhere.
    """
    wrong: list[tuple[str, Found]] = []
    for tag, size in FIXED.items():
        wrong += [(f"{tag} has {len(one.value)} bytes", one) for one in payment.all(tag) if len(one.value) != size]
    for tag in payment.elements:
        records = [
            e for e in payment.all(tag, "response") if e.exchange.command and e.exchange.command.ins == READ_RECORD
        ]
        differ = len({one.value for one in records if not one.node.children}) > 1
        if differ and tag not in REPEATED and payment.get("9F4D") is None:
            wrong += [(f"{tag} has two values", one) for one in records[-1:]]
    detail = ", ".join(what for what, _ in wrong[:8]) or "lengths and values agree"
    proof = tuple(one.evidence for _, one in wrong[:8]) or (whole(payment.exchanges[0], file=payment.case.file),)
    yield Result("fail" if wrong else "pass", detail, proof)


@payment_rule("E101", "low", "illegal file locator", f"{BOOK3}, 10.2")
def illegal_locator(payment: Payment) -> Results:
    """The AFL names files or records that cannot be. Do: a terminal must end such a transaction."""
    afl = payment.need("94")
    entries = parse_afl(afl.value)
    bad = [e for e in entries if not 1 <= e.sfi <= 30 or not 1 <= e.first <= e.last or e.signed > e.last - e.first + 1]
    wrong = bool(bad) or len(afl.value) % 4 != 0 or not entries
    yield Result("fail" if wrong else "pass", f"{len(entries)} entries, {len(bad)} impossible", (afl.evidence,))


@rule("E102", "info", "scanning for applications or commands", "the pattern of tools that try everything")
def scanning(case: Case) -> Results:
    """Many selections of applications that are not there, or many unknown commands: a tool looks what this card can do.
    Do: nothing, if the tool is yours.
    """
    tried = Counter[str]()
    first: dict[str, Evidence] = {}
    for exchange in case.exchanges:
        command, response = exchange.command, exchange.response
        if command is None or response is None or response.sw is None:
            continue
        what = "missing applications" if command.ins == SELECT and response.sw == 0x6A82 else ""
        what = "unknown commands" if response.sw in (0x6D00, 0x6E00) else what
        if what:
            tried[what] += 1
            first.setdefault(what, whole(exchange, file=case.file))
    for what, count in tried.items():
        yield Result("fail" if count >= MANY else "pass", f"{count} {what}", (first[what],))
