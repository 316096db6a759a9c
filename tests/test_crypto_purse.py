# SPDX-License-Identifier: MIT
"""MACs and certificates of the electronic purse: wrong lengths first, then published vectors."""

from __future__ import annotations

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.crypto import purse

KEY = bytes.fromhex("11223344556677888877665544332211")
TAC_KEY = bytes.fromhex("34" * 16)
RANDOM, COUNTER = bytes.fromhex("11223344"), bytes(2)
AMOUNT, TERMINAL = bytes.fromhex("00001000"), bytes.fromhex("001122334455")
LOAD = purse.Terms(AMOUNT, 1, TERMINAL, bytes.fromhex("20111221"), bytes.fromhex("214822"))
PURCHASE = purse.Terms(AMOUNT, 6, TERMINAL, bytes.fromhex("20120229"), bytes.fromhex("135100"))


@pytest.mark.parametrize("size", [0, 8, 15, 24])
def test_keys_of_a_wrong_length_are_refused(size: int) -> None:
    for compute in (
        lambda: purse.diversified(bytes(size), bytes(8)),
        lambda: purse.load_session_key(bytes(size), RANDOM, COUNTER),
        lambda: purse.purchase_session_key(bytes(size), RANDOM, COUNTER, bytes(4)),
        lambda: purse.tac(bytes(size), b"1"),
    ):
        with pytest.raises(NotVerifiable):
            compute()


def test_macs_of_another_algorithm_are_not_known() -> None:
    purse.check_algorithm(0)
    with pytest.raises(NotVerifiable) as caught:
        purse.check_algorithm(4)
    assert caught.value.reason == "algorithm 04: its MACs are not known"


def test_a_published_load() -> None:
    key = purse.load_session_key(KEY, RANDOM, COUNTER)
    assert key.hex().upper() == "9B1D924E05595603"
    assert purse.load_mac1(key, bytes(4), LOAD).hex().upper() == "2988AE5A"
    assert purse.load_mac2(key, LOAD).hex().upper() == "3A845BF0"


def test_a_published_purchase() -> None:
    key = purse.purchase_session_key(KEY, RANDOM, COUNTER, bytes.fromhex("00000001"))
    assert key.hex().upper() == "003238ABC57659DD"
    assert purse.purchase_mac1(key, PURCHASE).hex().upper() == "F15CAB75"
    assert purse.purchase_mac2(key, AMOUNT).hex().upper() == "56988A13"


def test_the_certificate_of_a_purchase() -> None:
    made = purse.purchase_tac(TAC_KEY, PURCHASE, bytes.fromhex("00000001"))
    assert made.hex().upper() == "884839AB"


def test_a_key_is_diversified_by_the_number_of_a_card() -> None:
    made = purse.diversified(bytes.fromhex("11" * 16), bytes.fromhex("0479138120190718"))
    assert made.hex().upper() == "407FAFB4CDEA6AFBA85A806B3E65771C"
