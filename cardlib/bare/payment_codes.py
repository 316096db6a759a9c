# SPDX-License-Identifier: MIT
"""Payment codes that are lines of text, addresses or digits: EPC (GiroCode), Swiss QR-bill, UPI, wallets of China.

Sources: EPC069-12; SIX implementation guidelines QR-bill 2.3; NPCI UPI linking; public pages of Alipay+ and WeChat Pay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from ..core.model import Fact, Node, Sensitive, Share
from ..core.registers import register
from .model import FITS, LIKELY, PROVEN, SURE, Reading, refuse

Field = tuple[str, Sensitive]
_SHOWN: Sensitive = ""
WRONG_IBAN = "the check digits of the IBAN are wrong"
UNPROTECTED = "http is not protected: anybody on the way can change the answer"
PRETENDER = "address that names"  # before the name of a wallet whose host it is not
_TYPED_BY_PAYER = "an amount that the payer types"
_EPC = "EPC069-12"
_EPC_FIELDS: tuple[Field, ...] = (
    ("service tag", _SHOWN),
    ("version", _SHOWN),
    ("character set", _SHOWN),
    ("identification", _SHOWN),
    ("BIC", _SHOWN),
    ("name of the payee", "name"),
    ("IBAN of the payee", "id"),
    ("amount", _SHOWN),
    ("purpose", _SHOWN),
    ("structured reference", "id"),
    ("text", "text"),
    ("hint", "text"),
)
_SWISS = "SIX QR-bill 2.3, 4.2.2"
_ADDRESS = ("kind of address", "name", "street", "number", "postal code", "town", "country")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_EPC_AMOUNT = re.compile(r"EUR\d{1,9}(?:\.\d{1,2})?")
_CARRY = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5)  # of the check digit of a Swiss reference (modulo 10)

_UPI_FIELDS: dict[str, Field] = {
    "pa": ("address of the payee", "id"),
    "pn": ("name of the payee", "name"),
    "am": ("amount", _SHOWN),
    "cu": ("currency", _SHOWN),
    "tn": ("text", "text"),
    "tr": ("reference", "id"),
    "mc": ("merchant category", _SHOWN),
}
# Digits that a wallet shows to a cashier; other numbers begin alike, so that this is never sure.
_WALLETS = (
    ("WeChat Pay", re.compile(r"1[0-5][0-9]{16}")),
    ("Alipay", re.compile(r"28[0-9]{15,17}")),
    ("Alipay+", re.compile(r"2510[0-9]{2}02[0-9]{16}")),
)


def read_payment_code(text: str) -> Reading:
    """A code that is no list of objects; NoFit where it is none that is known."""
    for reader in (_epc, _swiss, _address, _wallet):
        reading = reader(text)
        if reading is not None:
            return reading
    raise refuse("it is no payment code that is known here")


def _utf8(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _node(name: str, kind: Sensitive, buf: bytes, start: int, stop: int, ref: str) -> Node:
    share: Share = ""
    if not kind:
        share = "all"
    fact = Fact("", name, _utf8, ref, sensitive=kind, share=share)
    return Node(fact, buf, start, start, stop)


def _lines(text: str, fields: Sequence[Field], ref: str) -> tuple[Node, ...]:
    """A node for each line that is not empty, and one for what follows."""
    buf = text.encode("utf-8", "replace")
    nodes = []
    start = 0
    further: Field = ("further line", "text")
    for number, line in enumerate(buf.split(b"\n")):
        stop = start + len(line.rstrip(b"\r"))
        name, kind = further
        if number < len(fields):
            name, kind = fields[number]
        if stop > start:
            nodes.append(_node(name, kind, buf, start, stop, ref))
        start += len(line) + 1
    return tuple(nodes)


def _epc(text: str) -> Reading | None:
    """A credit transfer of SEPA."""
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[0] != "BCD" or len(lines) < 7:
        return None
    values = [*lines, *[""] * len(_EPC_FIELDS)]
    nodes = _lines(text, _EPC_FIELDS, _EPC)
    remarks = tuple(_epc_faults(values))
    asked = _TYPED_BY_PAYER
    if _EPC_AMOUNT.fullmatch(values[7]):
        asked = f"{values[7][3:]} EUR"
    title = f"EPC code (GiroCode): asks for {asked} by SEPA transfer"
    if _iban_is_right(values[6]):
        return Reading(
            "qr", title, PROVEN, "the check digits of the IBAN are right", nodes, remarks
        )
    return Reading("qr", title, SURE, "it begins with BCD", nodes, remarks)


def _epc_faults(values: Sequence[str]) -> Iterator[str]:
    """What in a code of SEPA cannot be right (EPC069-12, table 2)."""
    if values[1] not in ("001", "002"):
        yield "the version is neither 001 nor 002"
    if not re.fullmatch("[1-8]", values[2]):
        yield "the character set is none of 1 to 8"
    if values[3] != "SCT":
        yield "the identification is not SCT"
    if values[1] == "001" and not values[4]:
        yield "version 001 needs a BIC"
    if not values[5]:
        yield "the payee has no name"
    if not _iban_is_right(values[6]):
        yield WRONG_IBAN
    if values[7] and not _EPC_AMOUNT.fullmatch(values[7]):
        yield "the amount is not EUR and a number with a point"
    if values[9] and values[10]:
        yield "there is a structured reference and a text"


def _iban_is_right(iban: str) -> bool:
    """Whether the check digits of an IBAN are right (ISO 13616, modulo 97)."""
    plain = iban.replace(" ", "")
    if not _IBAN.fullmatch(plain):
        return False
    turned = plain[4:] + plain[:4]
    digits = "".join(str(int(character, 36)) for character in turned)
    return int(digits) % 97 == 1


def _swiss_fields() -> tuple[Field, ...]:
    """The lines of a Swiss bill, in their order."""
    fields: list[Field] = [("type", ""), ("version", ""), ("coding", ""), ("IBAN", "id")]
    fields += _person("creditor") + _person("final creditor")
    fields += [("amount", ""), ("currency", "")]
    fields += _person("payer")
    fields += [("kind of reference", ""), ("reference", "id"), ("text", "text"), ("end", "")]
    return tuple(fields)


def _person(who: str) -> list[Field]:
    """The lines of one party."""
    fields: list[Field] = []
    for part in _ADDRESS:
        kind: Sensitive = "address"
        if part == "name":
            kind = "name"
        fields.append((f"{who}: {part}", kind))
    return fields


def _swiss(text: str) -> Reading | None:
    """A Swiss bill."""
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[0] != "SPC" or len(lines) < 30:
        return None
    nodes = _lines(text, _swiss_fields(), _SWISS)
    values = [*lines, *[""] * 40]
    remarks = []
    if not _iban_is_right(values[3]):
        remarks.append(WRONG_IBAN)
    if values[27] == "QRR" and not _reference_is_right(values[28]):
        remarks.append("the check digit of the reference is wrong")
    if values[30] not in ("EPD", ""):
        remarks.append("its end is not EPD")
    asked = f"{_TYPED_BY_PAYER}, in {values[19]}"
    if values[18]:
        asked = f"{values[18]} {values[19]}"
    title = f"Swiss QR-bill: asks for {asked}"
    if remarks:
        return Reading("qr", title, SURE, "it begins with SPC", nodes, tuple(remarks))
    return Reading("qr", title, PROVEN, "the check digits of the IBAN are right", nodes)


def _reference_is_right(reference: str) -> bool:
    """Whether a reference of 27 digits has the right check digit (modulo 10, recursive)."""
    if not re.fullmatch("[0-9]{27}", reference):
        return False
    carry = 0
    for digit in reference[:-1]:
        carry = _CARRY[(carry + int(digit)) % 10]
    return (10 - carry) % 10 == int(reference[-1])


def _split(text: str) -> SplitResult | None:
    if len(text) > 2000 or "\n" in text or "://" not in text:
        return None
    try:
        return urlsplit(text)
    except ValueError:
        return None


def _address(text: str) -> Reading | None:
    """An address that a wallet opens."""
    parts = _split(text)
    if parts is None:
        return None
    if parts.scheme.lower() == "upi":
        return _upi(text, parts)
    buf = text.encode("utf-8", "replace")
    nodes = (_node("address", "id", buf, 0, len(buf), ""),)
    unseen = "what it asks for only the server knows"
    if parts.scheme in ("wxp", "weixin"):
        return Reading("qr", "payment code of WeChat Pay", SURE, "its scheme", nodes, (unseen,))
    host = (parts.hostname or "").lower()
    owner = _owner(host)
    if owner and parts.scheme in ("http", "https"):
        remarks = [unseen]
        if parts.scheme == "http":
            remarks.append(UNPROTECTED)
        return Reading(
            "qr", f"payment code of {owner}", SURE, f"its host {host}", nodes, tuple(remarks)
        )
    return _pretender(host, nodes)


def _wallet_rows() -> dict[str, dict[str, Any]]:
    """The wallets whose addresses are known, by name."""
    rows: dict[str, dict[str, Any]] = register("qr")["wallets"]
    return rows


def _owner(host: str) -> str:
    """The wallet whose payment codes are at this host; empty where it is none."""
    for wallet, row in _wallet_rows().items():
        if host == row.get("code"):
            return wallet
    return ""


def _pretender(host: str, nodes: tuple[Node, ...]) -> Reading | None:
    """An address whose host has the name of a wallet and is not its own."""
    for wallet, row in _wallet_rows().items():
        is_theirs = any(host == own or host.endswith(f".{own}") for own in row["hosts"])
        if not is_theirs and any(word in host for word in row["words"]):
            remark = f"the host {host} is not one of {wallet}: do not pay there"
            title = f"{PRETENDER} {wallet}"
            return Reading("qr", title, LIKELY, "its host", nodes, (remark,))
    return None


def _upi(text: str, parts: SplitResult) -> Reading:
    """A payment by UPI (India): its parameters."""
    buf = text.encode("utf-8", "replace")
    start = buf.find(b"?") + 1
    nodes = [_node("scheme", "", buf, 0, start or len(buf), "NPCI UPI linking")]
    for piece in buf[start:].split(b"&") if start else ():
        key, _, _ = piece.partition(b"=")
        name, kind = _UPI_FIELDS.get(_utf8(key), (_utf8(key), "id"))
        nodes.append(_node(name, kind, buf, start, start + len(piece), "NPCI UPI linking"))
        start += len(piece) + 1
    values = dict(parse_qsl(parts.query, max_num_fields=50))
    amount = values.get("am", "")
    asked = _TYPED_BY_PAYER
    if amount:
        asked = f"{amount} {values.get('cu', 'INR')}"
    remarks = []
    if not re.fullmatch(r"[\w.-]{2,256}@[A-Za-z0-9]{2,64}", values.get("pa", "")):
        remarks.append("there is no payee of the form name@bank")
    if amount and not re.fullmatch(r"\d{1,9}(?:\.\d{1,2})?", amount):
        remarks.append("the amount is no number with a point")
    title = f"UPI code (India): asks for {asked}"
    return Reading("qr", title, SURE, "its scheme", tuple(nodes), tuple(remarks))


def _wallet(text: str) -> Reading | None:
    """Digits that a wallet shows to a cashier."""
    for wallet, pattern in _WALLETS:
        if pattern.fullmatch(text):
            buf = text.encode()
            nodes = (_node("payment code", "id", buf, 0, len(buf), ""),)
            title = f"code that a payer shows, {wallet}"
            return Reading("qr", title, FITS, "its length and first digits", nodes)
    return None
