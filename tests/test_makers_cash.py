# SPDX-License-Identifier: MIT
"""The card with electronic cash: what it refuses, what it signs, and what a copy of it cannot."""

from __future__ import annotations

import pytest
from test_traces import KEYRING

import cardlib
from cardlib.acts.emv.proofs import proofs
from cardlib.crypto.keyring import keyring
from cardlib.crypto.sm import sm2_verify
from traces.makers import pboc, rsa_keys, sm2_keys

NUMBER = "A1B2C3D4"
SELECT = f"00A4040008{pboc.AID.hex()}00"
PROOFS = ("issuer certificate", "card certificate", "fDDA", "cryptogram TC", "MAC of the balance")


def options(price: str, indicator: str = "01") -> str:
    """GET PROCESSING OPTIONS for a price of twelve digits."""
    values = f"27000080{price}{'0' * 12}0156{'0' * 10}015626031400{NUMBER}{indicator}"
    return f"80A80000248322{values}00"


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("80A800000283002200", "6A80"),  # no values
        ("80A80000238321" + options("000000001000")[14:-4] + "00", "6A80"),  # one value short
        (options("000000010001"), "6985"),  # dearer than what is there
        ("00A4040007A000000003101000", "6A82"),  # another application
        ("00B2051400", "6A83"),  # a fifth record
        ("00B2010C00", "6A83"),  # another file
        ("80CA9F1700", "6A88"),  # a counter of PIN tries
        ("00200080080000000000000000", "6D00"),  # a PIN
    ],
)
def test_what_the_card_refuses(command: str, status: str) -> None:
    card = pboc.CashCard(10_000)
    assert card.answer(bytes.fromhex(command)).hex().upper() == status
    assert (card.balance, card.count) == (10_000, 0)


def test_the_money_goes_with_the_last_record() -> None:
    card = pboc.CashCard(10_000)
    card.answer(bytes.fromhex(options("000000001550")))
    for record in (1, 2, 3):
        card.answer(bytes((0x00, 0xB2, record, 0x14, 0x00)))
        assert card.balance == 10_000
    card.answer(bytes.fromhex("00B2041400"))
    assert card.balance == 8450
    card.answer(bytes.fromhex("00B2041400"))
    assert card.balance == 8450  # read again, it takes nothing


def test_signatures_verify_and_changed_ones_do_not() -> None:
    message = b"message"
    signed = sm2_keys.signature("somebody", message)
    assert sm2_verify(sm2_keys.point("somebody"), message, signed)
    assert signed == sm2_keys.signature("somebody", message)  # no random number
    assert not sm2_verify(sm2_keys.point("somebody"), message + b"!", signed)
    assert not sm2_verify(sm2_keys.point("else"), message, signed)
    assert not sm2_verify(sm2_keys.point("somebody"), message, signed[32:] + signed[:32])


def test_the_ring_has_the_key_of_the_authority() -> None:
    assert sm2_keys.point(pboc.CA).hex().upper() == rsa_keys.CASH_CA


def tap(card: pboc.CashCard | pboc.Copy, till: pboc.Till, price: int) -> dict[str, str]:
    """What is proved of one tap, by name."""
    start = len(till.lines)
    till.pay(card, price, "260314")
    capture = cardlib.read_text("\n".join(till.lines[start:]) + "\n")
    (payment,) = cardlib.transactions(capture)
    return {proof.name: proof.verdict for proof in proofs(payment, keyring([KEYRING]))}


def test_a_tap_is_proved_and_its_copy_is_not() -> None:
    card, till = pboc.CashCard(10_000, seed=1), pboc.Till(seed=1)
    assert tap(card, till, 200) == dict.fromkeys(PROOFS, "verified")
    copied = tap(pboc.Copy(till.heard), till, 9000)
    assert copied["fDDA"] == "failed"
    assert copied["issuer certificate"] == copied["card certificate"] == "verified"


def test_a_till_that_does_not_ask_gets_no_signature() -> None:
    proved = tap(pboc.CashCard(10_000, seed=1), pboc.Till(seed=1, chinese=False), 200)
    assert "fDDA" not in proved
    assert proved["cryptogram TC"] == proved["MAC of the balance"] == "verified"
