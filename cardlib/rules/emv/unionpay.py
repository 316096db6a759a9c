# SPDX-License-Identifier: MIT
"""Rules about UnionPay: contactless debit, its electronic cash, the choice of algorithms (PBOC 3.0)."""

from __future__ import annotations

from ...acts.emv.data import Element
from ...crypto.methods import UNIONPAY
from ..engine import Results, fails_if, only
from .contactless.traits import unsigned
from .payment import Payment, payment_rule

PBOC = "PBOC 3.0 Part 12"
AMOUNT_SIZE = 6
TRIPLE_DES = 0x01
CHINESE = b"\x01"  # the SM indicator (DF69)


@payment_rule("P01", "high", "approved offline without a signature", PBOC)
def offline_unsigned(payment: Payment) -> Results:
    """A contactless debit was approved offline and no dynamic signature came with it: a copy of the card could do the
    same. Do: decline offline payments without a verified signature.
    """
    only(payment.aid.startswith(UNIONPAY) and payment.contactless)
    approval = payment.dialogue.approved_offline
    if approval:
        yield unsigned(payment, approval)


@payment_rule("P02", "high", "the balance does not add up", PBOC)
def cash_arithmetic(payment: Payment) -> Results:
    """The electronic cash before, less the amount, is not what is left. Do: compare with the issuer's records."""
    balances = _balances(payment, "9F79") or _balances(payment, "9F5D")
    only(len(balances) > 1)
    only(payment.dialogue.approved_offline and payment.aid.startswith(UNIONPAY))
    amount = payment.need("9F02", 6)
    before, after = balances[0], balances[-1]
    adds_up = False
    digits = before.hex + amount.hex + after.hex
    if digits.isdecimal():
        left = int(before.hex) - int(amount.hex)
        adds_up = left == int(after.hex)
    detail = f"{before.text} before, {amount.text} paid, {after.text} after"
    yield fails_if(not adds_up, detail, before, amount, after)


def _balances(payment: Payment, tag: str) -> list[Element]:
    """What the card answered as its balance, in order."""
    balances = []
    for balance in payment.all(tag, "response"):
        if len(balance.value) == AMOUNT_SIZE:
            balances.append(balance)
    return balances


@payment_rule("P03", "low", "triple DES where SM4 is there", "PBOC 3.0 Part 17")
def old_algorithm(payment: Payment) -> Results:
    """The card can do the Chinese algorithms: it says so (SM indicator DF69), or its PDOL asks the terminal which to
    use. Yet its cryptogram was made with triple DES. Do: configure the terminal for SM.
    """
    only(payment.aid.startswith(UNIONPAY))
    indicator = payment.get("DF69", "response", 1) or payment.about("DF69", 1, "command")
    iad = payment.about("9F10", side="response")
    only(len(iad.value) >= 8)
    algorithm = iad.value[7]
    # Only a card that can do them has DF69 in its PDOL, whatever the terminal answers.
    can_do_better = indicator.value == CHINESE or indicator.evidence.side == "command"
    old = can_do_better and algorithm == TRIPLE_DES
    detail = f"SM indicator {indicator.hex}, algorithm of the cryptogram {algorithm:02X}"
    yield fails_if(old, detail, indicator, iad)
