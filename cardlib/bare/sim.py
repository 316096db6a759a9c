# SPDX-License-Identifier: MIT
"""What a SIM or an eSIM says alone: its numbers, in digits and as its files hold them, and one function of ES10."""

from __future__ import annotations

import re

from ..apps import facts_of
from ..core.codec import luhn_ok, parse_semi, to_hex
from ..core.facts import facts, unknown
from ..core.model import Constant, Context, Fact, Node
from ..core.registers import country_of_network
from .model import FITS, LIKELY, PROVEN, SURE, Caller, Reading, refuse
from .paste import Pasted

_ICCID_DIGITS = re.compile(r"89\d{17,18}F?")
_ICCID_SIZE = 10
_IMSI_DIGITS = re.compile(r"\d{14,15}")
_IMSI_SIZE = 9
_EID_DIGITS = re.compile(r"89\d{30}")
_EID_REMAINDER = 1  # of 97 (GSMA SGP.02, 2.2.2; ISO/IEC 7064)
_STORE_DATA = (0x80, 0xE2)
_FUNCTION = b"\xbf"  # the tag of a function has two bytes, of which this is the first
_TAG = 2


def read_iccid(paste: Pasted, caller: Caller) -> Reading:
    """The number of a SIM (ITU-T E.118), in digits or as EF.ICCID holds it, with the digits of each byte swapped."""
    digits = paste.digits
    if _ICCID_DIGITS.fullmatch(digits):
        number = digits.rstrip("F")
        fact = Fact("", "ICCID", Constant(number), "ITU-T E.118", sensitive="iccid")
        return _iccid(number, _alone(fact, number.encode()))
    if paste.is_odd or len(paste.data) != _ICCID_SIZE:
        raise refuse("the number of a SIM begins with 89 and has 19 or 20 digits")
    number = parse_semi(paste.data) or ""
    if not _ICCID_DIGITS.fullmatch(number):
        raise refuse("with its digits swapped, too, it is no number of a SIM, which begins with 89")
    node = _alone(_file("files_mf", "2FE2"), paste.data)
    return _iccid(number, node, ", as EF.ICCID holds it")


def _file(rows: str, *path: str) -> Fact:
    """The row of a file."""
    return facts(rows).file(path) or unknown("")


def _alone(fact: Fact, data: bytes) -> Node:
    children: tuple[Node, ...] = ()
    if fact.layout:
        children = fact.layout.parse(data)
    return Node(fact, data, 0, 0, len(data), children)


def _iccid(number: str, node: Node, form: str = "") -> Reading:
    title = f"number of a SIM (ICCID){form}"
    if luhn_ok(number):
        return Reading("iccid", title, SURE, "89, and its check digit is right", (node,))
    reason = "89 and its length, but the check digit is wrong"
    return Reading("iccid", title, FITS, reason, (node,))


def read_imsi(paste: Pasted, caller: Caller) -> Reading:
    """The number of a subscriber (3GPP TS 23.003, 2.2), in digits or as EF.IMSI holds it."""
    digits = paste.text.strip()
    if _IMSI_DIGITS.fullmatch(digits):
        country = _country(digits)
        fact = Fact("", "IMSI", Constant(digits), "3GPP TS 23.003, 2.2", sensitive="imsi")
        reason = f"its length, and its first digits are the network code of {country}"
        node = _alone(fact, digits.encode())
        return Reading("imsi", "number of a subscriber (IMSI)", FITS, reason, (node,))
    if paste.is_odd or len(paste.data) != _IMSI_SIZE or paste.data[0] != _IMSI_SIZE - 1:
        raise refuse(
            "the number of a subscriber has 14 or 15 digits, its file 9 bytes, the first of them 08"
        )
    swapped = parse_semi(paste.data[1:]) or ""
    if not swapped.startswith("9"):
        raise refuse(
            "the half byte in front of an odd number of digits is 9 (3GPP TS 51.011, 10.3.2)"
        )
    country = _country(swapped[1:])
    reason = f"its length byte, and the network code of {country} behind it"
    title = "number of a subscriber (IMSI), as EF.IMSI holds it"
    node = _alone(_file("files_gsm", "7F20", "6F07"), paste.data)
    return Reading("imsi", title, LIKELY, reason, (node,))


def _country(digits: str) -> str:
    country = country_of_network(digits[:3])
    if not country:
        raise refuse(f"{digits[:3]} is no mobile country code")
    return country


def read_eid(paste: Pasted, caller: Caller) -> Reading:
    """The number of an eSIM (EID)."""
    if not _EID_DIGITS.fullmatch(paste.digits):
        raise refuse("the number of an eSIM begins with 89 and has 32 digits")
    fact = facts("euicc").find("5A", "BF3E")
    node = _alone(fact, paste.data)
    title = "number of an eSIM (EID)"
    if int(paste.digits) % 97 == _EID_REMAINDER:
        return Reading("eid", title, PROVEN, "its check digits are right", (node,))
    return Reading("eid", title, FITS, "89 and its length, but the check digits are wrong", (node,))


def read_function(paste: Pasted, caller: Caller) -> Reading:
    """The object of one function of ES10 as it stands in STORE DATA (GSMA SGP.22, 5.7), of either side."""
    if not paste.digits or paste.is_odd:
        raise refuse("no whole bytes of hex")
    data = paste.data
    if data[:1] != _FUNCTION or len(data) <= _TAG:
        raise refuse("a function of an eSIM begins with BF")
    sides = _sides(data, caller.context("euicc"))
    if not sides:
        raise refuse(f"{to_hex(data[:_TAG])} is no function of an eSIM")
    name, side, node = max(sides, key=_explained)
    if node.error:
        raise refuse(node.error)
    title = f"function of an eSIM, {name}: {side}"
    if all(part.fact.known for _, part in node.walk()):
        return Reading("es10", title, SURE, "tiles exactly, and every part is known", (node,))
    reason = "the function is known, and some of its parts are not"
    return Reading("es10", title, LIKELY, reason, (node,))


def _sides(data: bytes, context: Context) -> list[tuple[str, str, Node]]:
    """What the rows of commands and of answers make of the object, if it is all that there is."""
    rows = facts_of(context)
    tag = to_hex(data[:_TAG])
    command = rows.command(*_STORE_DATA, {"data": tag})
    sides = []
    for fact, side in (
        (command.data if command else None, "command"),
        (rows.answer(*_STORE_DATA, {"data": tag}), "answer"),
    ):
        if fact is None or fact.layout is None:
            continue
        nodes: tuple[Node, ...] = fact.layout.parse(data)
        if len(nodes) == 1 and nodes[0].tag == tag:
            sides.append((nodes[0].name, side, nodes[0]))
    return sides


def _explained(side: tuple[str, str, Node]) -> int:
    """How many parts have a row and are whole."""
    return sum(part.fact.known and not part.error for _, part in side[2].walk())
