# SPDX-License-Identifier: MIT
"""Who decided a payment: terminal, card or issuer, by what was asked, answered and told by the issuer."""

from __future__ import annotations

import pytest
from test_acts_emv_transaction import AMOUNT, BEGIN, CLEAN, GPO, generate, payments, select
from test_secrets import command, tlv

from cardlib.acts import alike, headline_of, payment_act

FIRST = AMOUNT + CLEAN
ASKED_ONLINE = generate("80", FIRST, "80")


def outcome(*pairs: tuple[str, str]) -> str:
    (payment,) = payments(*pairs)
    return payment.outcome


@pytest.mark.parametrize(
    ("p1", "cid", "text"),
    [
        ("00", "00", "declined by the terminal"),
        ("40", "00", "declined by the card"),
        ("80", "00", "declined by the card"),
        ("C0", "00", "declined by the terminal or by the card"),
        ("40", "40", "approved offline"),
        ("80", "40", "approved by the card against the terminal's request"),
        ("00", "40", "approved by the card against the terminal's request"),
        ("40", "80", "the card asks for an online decision"),
    ],
)
def test_the_first_cryptogram(p1: str, cid: str, text: str) -> None:
    assert outcome(*BEGIN, generate(p1, FIRST, cid)) == text


def test_without_its_beginning_a_capture_does_not_say_whether_it_is_the_first() -> None:
    assert outcome(generate("00", FIRST, "00")) == "declined by the terminal or by the issuer"
    assert outcome(generate("40", FIRST, "40")) == "approved, offline or by the issuer"
    assert outcome(generate("40", FIRST, "00")) == "declined by the card"


@pytest.mark.parametrize(
    ("code", "p1", "cid", "text"),
    [
        ("3035", "00", "00", "declined by the issuer"),
        ("3531", "00", "00", "declined by the issuer"),
        ("3030", "00", "00", "declined by the terminal although the issuer approved"),
        ("3031", "00", "00", "declined by the terminal after the issuer's referral"),
        ("3931", "00", "00", "declined online without the issuer"),
        ("5A33", "00", "00", "declined by the terminal, which was unable to go online"),
        ("5933", "00", "00", "declined by the terminal, which was unable to go online"),
        ("5A31", "00", "00", "declined by the terminal"),
        ("3830", "00", "00", "declined by the issuer or by the terminal"),  # for private use
        ("4E37", "00", "00", "declined by the issuer or by the terminal"),
        ("0000", "00", "00", "declined by the issuer or by the terminal"),
        ("3030", "40", "00", "declined by the card although the issuer approved"),
        ("3035", "40", "00", "declined by the card after the online decision"),
        ("5933", "40", "00", "declined by the card, the terminal was unable to go online"),
        ("3035", "C0", "00", "declined after the online decision"),
        ("3030", "40", "40", "approved by the issuer"),
        ("3130", "40", "40", "approved by the issuer"),
        ("3035", "40", "40", "approved by terminal and card although the issuer declined"),
        ("3032", "40", "40", "approved after the issuer's referral"),
        ("5933", "40", "40", "approved offline, the terminal was unable to go online"),
        ("3830", "40", "40", "approved after the online decision"),
        ("3030", "00", "40", "approved by the card against the terminal's request"),
    ],
)
def test_the_second_cryptogram(code: str, p1: str, cid: str, text: str) -> None:
    assert outcome(*BEGIN, ASKED_ONLINE, generate(p1, code + CLEAN, cid)) == text


def test_the_response_code_is_among_the_reasons() -> None:
    (payment,) = payments(*BEGIN, ASKED_ONLINE, generate("00", "3035" + CLEAN, "00"))
    assert payment.why[:3] == (
        "AAC",
        "the terminal asked for AAC",
        "response code (8A) 05: declined",
    )
    assert payment.headline.startswith(
        "Visa credit or debit, 4250 minor units: declined by the issuer in exchange 4: "
    )


def test_the_code_behind_the_cryptogram_of_the_issuer_counts_too() -> None:
    """Issuer authentication data of ten bytes end with the response code (EMV Book 2, 8.2.1)."""
    lists = tlv("70", tlv("8C", "9F02069505") + tlv("8D", "9505")) + "9000"
    begin = (select(), GPO, ("00B2010C00", lists), ASKED_ONLINE)
    for data, text in (
        ("01020304050607083035", "declined by the issuer"),
        ("01020304050607080012", "declined by the issuer or by the terminal"),
        ("0102030405060708", "declined by the issuer or by the terminal"),
    ):
        answer = (command("00820000", data), "9000")
        assert outcome(*begin, answer, generate("00", CLEAN, "00")) == text


def test_a_first_cryptogram_that_was_refused_or_lost() -> None:
    """After a refusal the next one is the first; a lost answer may have held an ARQC."""
    sent = ASKED_ONLINE[0]
    assert (
        outcome(*BEGIN, (sent, "6985"), generate("00", FIRST, "00")) == "declined by the terminal"
    )
    text = outcome(*BEGIN, (sent, ""), generate("00", "3035" + CLEAN, "00"))
    assert text == "declined by the issuer or by the terminal"


def test_a_payment_begun_anew_counts_its_cryptograms_anew() -> None:
    assert (
        outcome(*BEGIN, ASKED_ONLINE, GPO, generate("00", FIRST, "00"))
        == "declined by the terminal"
    )


def test_payments_that_ended_alike_share_a_line() -> None:
    refused = (select(), (GPO[0], "6985"))
    found = payments(*refused * 7, select("A0000000041010"), (GPO[0], "6985"))
    groups = alike(payment_act(payment) for payment in found)
    assert [len(group) for group in groups] == [7, 1]
    assert headline_of(groups[0]).startswith(
        "Visa credit or debit: refused by the card in exchanges 1, 3, 5, 7, 9 and 2 more: 6985 "
    )
    assert headline_of(groups[1]).startswith(
        "Mastercard credit or debit: refused by the card in exchange 15: 6985 "
    )
