# SPDX-License-Identifier: MIT
"""How a payment ended: who decided, in which exchange, and the bytes that say so."""

from __future__ import annotations

from collections.abc import Sequence

from ...apps import emv, iso7816
from ...core.codec import to_hex
from ...core.model import Evidence, Exchange
from ...road.meaning import tree
from ..act import Ending
from .data import found
from .dialogue import above, answer_of, asked, cryptogram, ins_of, is_read

# A payment cannot go on without these.
_NEEDED = (iso7816.SELECT, emv.GPO, emv.GENERATE_AC)
NOT_TOLD = "ended with a cryptogram of a type that is not told"

# What an authorisation response code (8A) means for who decided.
APPROVED, DECLINED, REFERRED = "approved", "declined", "referred"
NO_ISSUER, UNABLE, OFFLINE = "no issuer", "unable to go online", "offline"
_CODES = {
    # EMV 4.4 Book 4, annex A6: the terminal puts these there itself.
    **dict.fromkeys(("Y1", "Z1", "Y2", "Z2"), OFFLINE),
    **dict.fromkeys(("Y3", "Z3"), UNABLE),
    # ISO 8583:1987: approvals, and referrals to the issuer.
    **dict.fromkeys(("00", "08", "10", "11", "16"), APPROVED),
    **dict.fromkeys(("01", "02"), REFERRED),
}
# ISO 8583:1987: up to 75 the issuer answers, 76 to 89 are for private use, from 90 on it is the network.
_LAST_OF_ISSUER, _FIRST_OF_NETWORK = 75, 90
_TC_AFTER = {
    APPROVED: "approved by the issuer",
    DECLINED: "approved by terminal and card although the issuer declined",
    REFERRED: "approved after the issuer's referral",
    NO_ISSUER: "approved by terminal and card without the issuer",
    UNABLE: "approved offline, the terminal was unable to go online",
    OFFLINE: "approved offline",
    "": "approved after the online decision",
}
_AAC_WHEN_ASKED = {
    APPROVED: "declined by the terminal although the issuer approved",
    DECLINED: "declined by the issuer",
    REFERRED: "declined by the terminal after the issuer's referral",
    NO_ISSUER: "declined online without the issuer",
    UNABLE: "declined by the terminal, which was unable to go online",
    OFFLINE: "declined by the terminal",
    "": "declined by the issuer or by the terminal",
}
_AAC_WHEN_TC_WAS_ASKED = {
    APPROVED: "declined by the card although the issuer approved",
    UNABLE: "declined by the card, the terminal was unable to go online",
    OFFLINE: "declined by the card",
}
_AAC_BY_THE_CARD = "declined by the card after the online decision"


def endings(exchanges: Sequence[Exchange]) -> tuple[Ending, ...]:
    """The last cryptogram and a refusal of a further one; without a cryptogram, where it stopped."""
    places = [place for place, exchange in enumerate(exchanges) if cryptogram(exchange)[1]]
    if not places:
        return (_without_cryptogram(exchanges),)
    last = places[-1]
    decision = _decision(exchanges[: last + 1])
    generated = [e for e in exchanges[last + 1 :] if ins_of(e) == emv.GENERATE_AC]
    refusal = _refusal(generated)
    if refusal is None:
        return (decision,)
    return decision, refusal


def _decision(exchanges: Sequence[Exchange]) -> Ending:
    """What the cryptogram in the last of these exchanges says."""
    exchange = exchanges[-1]
    kind, evidence = cryptogram(exchange)
    requested = asked(exchange)
    run = _run(exchanges)
    code_text = ""
    if ins_of(exchange) == emv.GPO or not any(map(_goes_before_second, run[:-1])):
        text = _at_first(kind, requested, is_first_certain=ins_of(run[0]) == emv.GPO)
    else:
        code, code_text = _response_code(run)
        text = _at_second(kind, requested, _meaning(code))
    reasons = [kind, _request_text(requested), code_text, *_findings_of_terminal(exchange)]
    return Ending(text, tuple(filter(None, reasons)), evidence)


def _run(exchanges: Sequence[Exchange]) -> Sequence[Exchange]:
    """The exchanges from the last GET PROCESSING OPTIONS on: with it a card begins anew."""
    starts = [place for place, exchange in enumerate(exchanges) if ins_of(exchange) == emv.GPO]
    if not starts:
        return exchanges
    return exchanges[starts[-1] :]


def _goes_before_second(exchange: Exchange) -> bool:
    """Whether a GENERATE AC behind this exchange is the second: a first one, or an issuer's answer.

    A first one that the card refused does not count; one whose answer is lost may have been granted.
    """
    ins = ins_of(exchange)
    if ins == emv.GENERATE_AC:
        return exchange.response is None or is_read(exchange)
    return ins == iso7816.EXTERNAL_AUTHENTICATE


def _at_first(kind: str, requested: str, is_first_certain: bool) -> str:
    """Who decided with the first cryptogram, or with the one in the answer to GPO (requested: "").

    A capture that begins behind GPO may show the second one; what was asked tells less then.
    """
    if kind == "ARQC":
        return "the card asks for an online decision"
    if kind == "TC":
        if above(kind, requested):
            return "approved by the card against the terminal's request"
        return "approved offline" if is_first_certain else "approved, offline or by the issuer"
    if kind == "AAC":
        if requested == "RFU":
            return "declined by the terminal or by the card"
        if requested != "AAC":
            return "declined by the card"
        if is_first_certain:
            return "declined by the terminal"
        return "declined by the terminal or by the issuer"
    return NOT_TOLD


def _at_second(kind: str, requested: str, meaning: str) -> str:
    """Who decided with the second cryptogram, by what was asked and what the issuer answered."""
    if kind == "ARQC":
        return "ended with a second ARQC, which decides nothing"
    if kind == "TC":
        if above(kind, requested):
            return "approved by the card against the terminal's request"
        return _TC_AFTER[meaning]
    if kind == "AAC":
        if requested == "AAC":
            return _AAC_WHEN_ASKED[meaning]
        if requested == "RFU":
            return "declined after the online decision"
        return _AAC_WHEN_TC_WAS_ASKED.get(meaning, _AAC_BY_THE_CARD)
    return NOT_TOLD


def _response_code(run: Sequence[Exchange]) -> tuple[str, str]:
    """The authorisation response code that the card was told, two characters, and the sentence that says so.

    It comes as 8A, or as the last two of ten bytes of issuer authentication data (EMV Book 2, 8.2.1).
    """
    carriers = (emv.GENERATE_AC, iso7816.EXTERNAL_AUTHENTICATE)
    exchanges = [exchange for exchange in run if ins_of(exchange) in carriers]
    sent = [item for item in found(exchanges, "8A", "91") if item.evidence.side == "command"]
    for item in reversed(sent):
        code = _as_code(item.value)
        if item.tag == "8A" and code:
            return code, f"response code (8A) {item.text}"
    for item in reversed(sent):
        code = _as_code(item.value[8:])
        if item.tag == "91" and code:
            return code, f"response code {code} in the issuer's answer (91)"
    return "", ""


def _as_code(value: bytes) -> str:
    """Two characters, digits or upper-case letters; empty for other bytes."""
    if len(value) != 2 or not value.isalnum():
        return ""
    return value.decode("ascii")


def _meaning(code: str) -> str:
    """What a response code says of who decided; empty where that is not known."""
    if code in _CODES:
        return _CODES[code]
    if not code.isdigit():
        return ""
    number = int(code)
    if number >= _FIRST_OF_NETWORK:
        return NO_ISSUER
    return DECLINED if number <= _LAST_OF_ISSUER else ""


def _request_text(requested: str) -> str:
    return f"the terminal asked for {requested}" if requested else ""


def _findings_of_terminal(exchange: Exchange) -> list[str]:
    """TVR and CVM results of the command that the card answered."""
    root = tree(exchange)
    texts = []
    for tag, label in (("95", "TVR"), ("9F34", "CVM")):
        nodes = [half.find(tag) for half in root.children]
        node = next(filter(None, nodes), None)
        if node is not None and node.value and not node.error:
            texts.append(f"{label} {to_hex(node.value)}: {node.text}")
    return texts


def _refusal(exchanges: Sequence[Exchange]) -> Ending | None:
    """The last refusal of a command that the payment cannot do without."""
    for exchange in reversed(exchanges):
        text, evidence = answer_of(exchange)
        if evidence and ins_of(exchange) in _NEEDED and not is_read(exchange):
            return Ending("refused by the card", (text,), evidence)
    return None


def _without_cryptogram(exchanges: Sequence[Exchange]) -> Ending:
    """A refusal, or the last step that was taken."""
    refusal = _refusal(exchanges)
    if refusal is not None:
        return refusal
    for exchange in exchanges:
        response = exchange.response
        if response and ins_of(exchange) == emv.COMPUTE_CHECKSUM and is_read(exchange):
            evidence = Evidence(exchange.index, "response", 0, len(response.data))
            why = "the card computed a dynamic code (CVC3)"
            return Ending("paid in mag-stripe mode", (why,), evidence)
    if not any(ins_of(exchange) == emv.GPO for exchange in exchanges):
        return Ending("selected only", ("no GET PROCESSING OPTIONS in this capture",))
    return Ending("read only", ("no cryptogram in this capture",))
