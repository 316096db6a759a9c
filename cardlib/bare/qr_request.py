# SPDX-License-Identifier: MIT
"""What a code of a merchant asks for, in one line, and what in it cannot be right (EMV QR Code MPM, 4)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from ..core.model import Node
from ..core.registers import aid_name, lookup, register

_AMOUNT = re.compile(r"\d{1,10}(?:\.\d{0,9})?")
_TYPED_BY_PAYER = "an amount that the payer types"
# What object 55 adds to the amount: a tip that the payer types, a fee (56), a fee in per cent (57).
_TIP, _FEE, _FEE_IN_PERCENT = "01", "02", "03"
# Objects that each code has (4.2), by what they are called.
_MANDATORY = {
    "00": "payload format indicator",
    "52": "merchant category code",
    "53": "currency",
    "58": "country",
    "59": "merchant name",
    "60": "merchant city",
}
_ACCOUNTS = range(2, 52)
_TEMPLATES = range(26, 52)


def network_row(identifier: str) -> dict[str, Any]:
    """What is known of a network, by the identifier in its account; empty where nothing is."""
    row: dict[str, Any] = register("qr")["networks"].get(identifier.upper(), {})
    return row


def value_of(nodes: Sequence[Node], tag: str) -> str:
    """The text of an object; empty where it is not there."""
    for node in nodes:
        if node.tag == tag and not node.error:
            return node.value.decode("utf-8", "replace")
    return ""


def request_line(nodes: Sequence[Node]) -> str:
    """Amount, merchant, place, how often, and by which networks."""
    amount = value_of(nodes, "54")
    number = value_of(nodes, "53")
    money = _TYPED_BY_PAYER
    if amount:
        currency = lookup("currencies", number) or f"of currency {number or 'unknown'}"
        money = f"{amount} {currency}"
    money += _added(nodes)
    merchant = value_of(nodes, "59") or "nobody named"
    place = ", ".join(filter(None, (value_of(nodes, "60"), value_of(nodes, "58"))))
    where = ""
    if place:
        where = f" ({place})"
    often = {"11": ", again and again", "12": ", once"}.get(value_of(nodes, "01"), "")
    by = ", ".join(networks(nodes))
    through = ""
    if by:
        through = f", by {by}"
    return f"asks for {money} to {merchant}{where}{often}{through}"


def _added(nodes: Sequence[Node]) -> str:
    """What the payer pays beside the amount."""
    kind = value_of(nodes, "55")
    if kind == _TIP:
        return " and a tip"
    if kind == _FEE:
        return f" and a fee of {value_of(nodes, '56') or 'unknown size'}"
    if kind == _FEE_IN_PERCENT:
        return f" and a fee of {value_of(nodes, '57') or 'unknown'} %"
    return ""


def networks(nodes: Sequence[Node]) -> list[str]:
    """The payment networks that may be used, each once."""
    names = []
    for node in nodes:
        if not node.tag.isdecimal() or int(node.tag) not in _ACCOUNTS:
            continue
        name = _network(node)
        if name and name not in names:
            names.append(name)
    return names


def _network(node: Node) -> str:
    """The network of an account: by its tag, or by the identifier in its template."""
    accounts: dict[str, str] = register("qr")["accounts"]
    if node.tag in accounts:
        return accounts[node.tag]
    identifier = value_of(node.children, "00")
    return network_row(identifier).get("name") or aid_name(identifier) or identifier


def faults(nodes: Sequence[Node]) -> Iterator[str]:
    """What cannot be right, but for the check sum."""
    tags = Counter(node.tag for node in nodes)
    for tag, count in tags.items():
        if count > 1 and tag:
            yield f"object {tag} stands {count} times"
    if not any(tag.isdecimal() and int(tag) in _ACCOUNTS for tag in tags):
        yield "there is no merchant account (02 to 51)"
    for tag, name in _MANDATORY.items():
        if tag not in tags:
            yield f"the {name} ({tag}) is missing"
    yield from _wrong_values(nodes)


def _wrong_values(nodes: Sequence[Node]) -> Iterator[str]:
    """Amount, currency, country and category that are none."""
    amount = value_of(nodes, "54")
    if amount and not _AMOUNT.fullmatch(amount):
        yield "the amount (54) is no number with a point"
    elif amount and not float(amount):
        yield "the amount (54) is zero"
    currency = value_of(nodes, "53")
    if currency and not lookup("currencies", currency):
        yield f"the currency (53) {currency} is not known"
    country = value_of(nodes, "58")
    if country and not re.fullmatch("[A-Z]{2}", country):
        yield "the country (58) is not two capitals"
    category = value_of(nodes, "52")
    if category and not re.fullmatch("[0-9]{4}", category):
        yield "the category (52) is not four digits"


def hosts(nodes: Sequence[Node]) -> Iterator[str]:
    """Servers from which the payment is fetched: whoever owns them decides what is asked."""
    for node in nodes:
        if not node.tag.isdecimal() or int(node.tag) not in _TEMPLATES:
            continue
        for part in node.children:
            host = _host(part.value.decode("utf-8", "replace"))
            if host and part.tag != "00":
                yield f"what is asked comes from the server {host}"


def _host(text: str) -> str:
    """The host of an address, with or without a scheme in front."""
    if "/" not in text:
        return ""
    address = text
    if "://" not in text:
        address = f"https://{text}"
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return ""
    if "." not in host:
        return ""
    return host
