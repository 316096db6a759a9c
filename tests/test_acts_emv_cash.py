# SPDX-License-Identifier: MIT
"""Electronic cash as money: without a currency, in one of no minor unit, in its own, in the cryptogram's data."""

from __future__ import annotations

import pytest
from dialogue import UNIONPAY, captured, contactless

import cardlib
from cardlib.acts.emv.cash import money

SELECT = ("00A4040008A000000333010101", "6F0A8408A0000003330101019000")
BALANCE = ("80CA9F7900", "9F79060000000025009000")
GPO = ("80A8000002830000", "770A82027C009404080101009000")


def texts(*lines: str) -> list[str]:
    (payment,) = cardlib.transactions(captured([*SELECT, *GPO, *lines]))
    said = [statement.text for phase in payment.phases for statement in phase.said]
    return [text for text in said if "cash" in text or "segments" in text]


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("00000000250A", "0156", ""),
        ("", "0156", ""),
        ("000000002500", "", "2500 minor units"),
        ("000000002500", "0000", "2500 minor units"),
        ("000000002500", "0156", "25.00 CNY"),
        ("000000002500", "0392", "2500 JPY"),
    ],
)
def test_money(value: str, currency: str, text: str) -> None:
    assert money(bytes.fromhex(value), bytes.fromhex(currency)) == text


def test_a_balance_without_its_currency() -> None:
    assert texts(*BALANCE) == ["electronic cash: 2500 minor units"]


def test_a_balance_in_the_currency_of_the_card() -> None:
    assert texts(*BALANCE, "80CA9F5100", "9F510203449000") == ["electronic cash: 25.00 HKD"]


def test_two_currencies_and_a_ride_that_is_not_finished() -> None:
    lines = [*BALANCE, "80CA9F5100", "9F510201569000"]
    lines += ["80CADF7900", "DF79060000000010009000", "80CADF7100", "DF710203449000"]
    lines += ["80CADF6300", "DF63060000000003009000"]
    assert texts(*lines) == [
        "electronic cash: 25.00 CNY",
        "electronic cash of the second currency: 10.00 HKD",
        "of it charged ahead in segments (DF63): 3.00 CNY",
    ]


def test_the_balance_in_the_data_of_a_cryptogram() -> None:
    iad = "07010103900000010A010000001234B081E4D8"
    (payment,) = cardlib.transactions(contactless(aid=UNIONPAY, options={"9F10": iad}))
    said = [statement.text for phase in payment.phases for statement in phase.said]
    assert any(text.startswith("electronic cash, by the cryptogram's data: 12.34") for text in said)
