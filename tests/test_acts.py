# SPDX-License-Identifier: MIT
"""What happened, by application: half captures first, then a purse, an identity card, and a payment beside both."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

import cardlib
from cardlib.acts import Act

PURSE = """
> 00A4040008A00000063201010500
< 6F318408A000000632010105A5259F0801029F0C1E01011000FFFFFFFF020103105170070104791381202203042041063000009000
> 805C000204
< 0000C3509000
> 805C030204
< 000009C49000
> 00B201C400
< 0011000000000001900911223344556620260107183015 9000
> 00B202C400
< 00100000000000138802112233445566202601061200009000
> 8050010200
< 6A86
> 8050010210
< 6985
"""
ID_CARD = """
> 00A404000BA00000030800001000010000
< 61114F0600001000010079074F05A0000003089000
> 0020008008313131313131FFFF
< 63C2
> 0020008008323232323232FFFF
< 63C1
> 0020008008333333333333FFFF
< 9000
> 00CB3FFF055C035FC10900
< 53330109524F452C20414E4E41450208454D504C4F594545040932303330444543333105073934383731363106064147454E4359FE009000
> 0087119A267C2482008120101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F00
< 7C0C820A300802021111020222229000
"""


def headlines(text: str) -> list[str]:
    return [act.headline for act in cardlib.acts(cardlib.read_text(text))]


@pytest.mark.parametrize(
    ("text", "headline", "outcome"),
    [
        ("> 00B0000010\n", "card without a selected application", "unknown"),
        ("> 00B0000010\n< 6B\n", "card without a selected application", "unknown"),
        (
            "> 80500000\n< 6D00\n",
            "card without a selected application: proprietary 80 50 refused: ",
            "refused",
        ),
        (
            "> 00A4040005F0AABBCCDD\n< 9000\n> 80420000\n< 6A80\n",
            "unknown application: proprietary 80 42 ",
            "refused",
        ),
        (
            "> 00A4040005F0AABBCCDD\n< 6A82\n",
            "unknown application: refused: file or application not found",
            "refused",
        ),
        (
            "> 00A4040009A00000030800001000\n< 6A82\n> 00CADF3000\n< 6A88\n",
            "card without a selected application: object DF30 not read: ",
            "refused",
        ),
    ],
    ids=[
        "no answer",
        "half a status word",
        "refused",
        "an application that nobody knows",
        "not on the card",
        "another is used after one was refused",
    ],
)
def test_little_to_say(text: str, headline: str, outcome: str) -> None:
    (act,) = cardlib.acts(cardlib.read_text(text))
    assert act.headline.startswith(headline)
    assert (act.kind, act.outcome) == ("plain", outcome)


def test_an_answer_without_a_command_is_no_act() -> None:
    assert headlines("< 9000\n") == []


def test_programs_of_token_makers_are_understood() -> None:
    """A token that is selected by the provider of PIV alone, and the words for a key that signs."""
    metadata = "> 00F7009A\n< 0101079000\n> 00F99A00\n< 3003020101" + "9000\n"
    assert headlines("> 00A4040005A000000308\n< 61084F06000010000100" + "9000\n" + metadata) == [
        "PIV card: metadata read; a key attested"
    ]
    signed = "> 8068017002111100\n< 30060201010201029000\n"
    assert headlines("> 00A404000BE82B0601040181C31F0201\n< 9000\n" + signed) == [
        "SmartCard-HSM: key 1 signed"
    ]


def test_a_purse_tells_its_balance_the_last_ride_and_what_was_refused() -> None:
    assert headlines(PURSE) == [
        "T-Union (Chinese transport card): balance 25.00 CNY; "
        "last: 4.00 CNY, compound purchase, 2026-01-07; a purchase was refused (2 times)"
    ]


def test_a_token_tells_the_tries_what_was_read_and_who_signed() -> None:
    assert headlines(ID_CARD) == [
        "PIV card: PIV card application PIN verified at the third try; "
        "printed information read; key 9A (PIV authentication) signed a challenge"
    ]


def test_a_pin_that_stays_wrong_is_told_with_what_is_left() -> None:
    wrong = ID_CARD.split("> 0020008008333333333333FFFF")[0]
    (line,) = headlines(wrong)
    assert line.endswith("PIV card application PIN not verified 2 times: wrong; tries left: 1")


def test_a_question_about_a_pin_is_no_try() -> None:
    (line,) = headlines("> 00A404000BA00000030800001000010000\n< 9000\n> 00200080\n< 63C3\n")
    assert "wrong" not in line and "not verified" not in line


def test_nothing_that_a_person_could_be_known_by_is_in_a_headline() -> None:
    acts = cardlib.acts(cardlib.read_text(ID_CARD + PURSE))
    assert len(acts) == 2
    for act in acts:
        for secret in ("ROE", "ANNA", "9487161", "31313131", "1111", "0310517007", "112233445566"):
            assert secret not in act.headline


def test_acts_stand_in_the_order_of_time_and_hold_each_exchange_once() -> None:
    payment = cardlib.read("traces/contact_purchase.card.jsonl").exchanges
    groups = [cardlib.read_text(ID_CARD).exchanges, payment, cardlib.read_text(PURSE).exchanges]
    mixed = []
    for session, group in enumerate(groups):
        for exchange in group:
            mixed.append(replace(exchange, index=len(mixed), session=session))
    events = cardlib.acts(mixed)
    assert [act.kind for act in events] == ["plain", "payment", "plain"]
    assert [(act.index, act.session) for act in events] == [(0, 0), (1, 1), (2, 2)]
    places = [exchange.index for act in events for exchange in act.exchanges]
    directory = len(groups[0])  # the SELECT of a directory that is not there
    assert places == [place for place in range(len(mixed)) if place != directory]


def test_a_payment_is_an_act_with_its_phases_and_proofs() -> None:
    capture = cardlib.read("traces/contact_purchase.card.jsonl")
    (act,), (payment,) = cardlib.acts(capture), cardlib.transactions(capture)
    assert isinstance(act, Act)
    assert (act.headline, act.outcome) == (payment.headline, "done")
    assert [step.name for step in act.steps] == [phase.name for phase in payment.phases]
    assert [proof.verdict for proof in act.proofs] == [
        proof.verdict for proof in cardlib.proofs(payment)
    ]
    assert str(act) == str(payment)


def test_steps_hold_exchanges_statements_and_their_bytes() -> None:
    (act,) = cardlib.acts(cardlib.read_text(ID_CARD))
    assert [step.name for step in act.steps] == ["selection", "verification", "reading", "commands"]
    verification = act.steps[1]
    assert [statement.text for statement in verification.said][
        -1
    ] == "PIV card application PIN verified"
    assert verification.said[0].evidence[0].exchange == 1


def test_the_command_line_explains_acts(tmp_path: object) -> None:
    words = [sys.executable, "-m", "cardlib.cli", "show", "--phases", "-"]
    run = subprocess.run(words, input=PURSE, capture_output=True, text=True, check=True)
    assert "=> T-Union" in run.stdout and " 3 reading\n" in run.stdout


def test_two_purses_of_one_card_are_not_one_that_changed() -> None:
    """One balance after the other is a change only where the same was asked twice."""
    select = "> 00A4040008A00000063201010500\n< 9000\n"
    both = (
        select
        + "> 805C030204\n< 000004D29000\n> 805C000204\n< 0000C3509000\n> 805C030204\n< 000003E89000\n"
    )
    (line,) = headlines(both)
    assert line.endswith(": balance 10.00 CNY (before: 12.34 CNY)")


def test_class_90_is_no_chain_where_each_command_is_answered_with_data() -> None:
    text = "> 903203000101\n< AABBCCDD9000\n> 903203000102\n< 112233449000\n"
    capture = cardlib.read_text(text)
    assert [e.command.data.hex() for e in capture.exchanges if e.command] == ["01", "02"]
