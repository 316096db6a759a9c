# SPDX-License-Identifier: MIT
"""Fields that were left empty: what stands in them tells nothing about anybody."""

from __future__ import annotations

# Zeros, blanks, unused bytes, and what divides the parts of a name (ISO/IEC 7813; EMV Book 3, annex A: 5F20).
FILLERS = b"\x00\x20\xff/^<"
# Words that issuers write where no name is (seen on gift cards, prepaid cards and in wallets).
WORDS_OF_NOBODY = {
    "AVAILABLE",
    "CARD",
    "CARDHOLDER",
    "CARDMEMBER",
    "CREDIT",
    "CUSTOMER",
    "DEBIT",
    "GIFT",
    "HOLDER",
    "MASTERCARD",
    "NOT",
    "PREPAID",
    "RECIPIENT",
    "UNIONPAY",
    "VALUED",
    "VISA",
}
# Kinds of secrets whose zeros are a value like any other.
NEVER_BLANK = ("key", "pin")


def tells(kind: str, value: bytes) -> bool:
    """Whether a field with this kind of secret tells one: it is filled, and a name is somebody's."""
    if kind in NEVER_BLANK:
        return bool(value)
    if kind == "name":
        return not is_nobody(value)
    return not is_blank(value)


def is_blank(value: bytes) -> bool:
    """Whether a field holds fillers alone."""
    return not value.strip(FILLERS)


def is_nobody(name: bytes) -> bool:
    """Whether the field of a name holds none: fillers alone, or "VALUED CUSTOMER" and its like."""
    words = name.decode("latin-1").upper().replace("/", " ").strip("\x00\xff ").split()
    return is_blank(name) or WORDS_OF_NOBODY.issuperset(words)
