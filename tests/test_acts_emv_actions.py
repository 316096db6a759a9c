# SPDX-License-Identifier: MIT
"""Terminal action analysis by hand-written facts (EMV 4.4 Book 3, 10.7)."""

from __future__ import annotations

from typing import Any

import pytest
from test_acts_emv_dialogue import payment

from cardlib.acts.emv.actions import at_completion, issuer_codes, judge
from cardlib.acts.emv.dialogue import ActionCodes, Statement, action_codes, dialogue

FLOOR, NOTHING, SERVICE = "0000008000", "0000000000", "0010000000"
OFFLINE_ONLY, ONLINE_ONLY = "23", "21"
TAC = action_codes({"denial": "0400000000", "online": "FC50ACF800", "default": "FC50ACA000"})


def said(
    tac: ActionCodes | None = None, completion: bool = False, **changes: Any
) -> list[Statement]:
    d = dialogue(payment(**changes), tac)
    return list(at_completion(d) if completion else judge(d))


@pytest.mark.parametrize(
    ("tvr", "asked", "terminal", "text", "agrees"),
    [
        (FLOOR, "80", "22", "so ARQC was to be asked for; ARQC was", True),
        (FLOOR, "40", "22", "so ARQC was to be asked for; TC was", False),
        (NOTHING, "40", "22", "so TC was to be asked for; TC was", True),
        (NOTHING, "C0", "22", "so TC was to be asked for; RFU was", None),
        (SERVICE, "00", "22", "so AAC was to be asked for; AAC was", True),
        (SERVICE, "80", "22", "so AAC was to be asked for; ARQC was", False),
        ("0040000000", "00", OFFLINE_ONLY, "so AAC was to be asked for; AAC was", True),
        ("0040000000", "40", OFFLINE_ONLY, "so AAC was to be asked for; TC was", False),
        (
            FLOOR,
            "40",
            OFFLINE_ONLY,
            "so TC was to be asked for; TC was",
            True,
        ),  # only the online code has that bit
        (
            NOTHING,
            "80",
            ONLINE_ONLY,
            "so ARQC was to be asked for (the terminal is online only); ARQC was",
            True,
        ),
        (
            NOTHING,
            "40",
            ONLINE_ONLY,
            "so ARQC was to be asked for (the terminal is online only); TC was",
            False,
        ),
        (
            FLOOR,
            "80",
            "",
            "so ARQC was to be asked for; ARQC was",
            True,
        ),  # who asks for an ARQC can go online
        (FLOOR, "40", "", "so TC or ARQC was to be asked for; TC was", None),
        ("0040000000", "40", "EA", "so ARQC or AAC was to be asked for; TC was", False),
    ],
)
def test_request_by_issuer_codes(
    tvr: str, asked: str, terminal: str, text: str, agrees: bool | None
) -> None:
    last = said(terminal={"95": tvr, "9F35": terminal}, first=(asked, "80"))[-1]
    assert (last.text, last.agrees) == (text, agrees)


def test_stricter_than_the_issuer_wants_may_be_the_terminal_itself() -> None:
    last = said(terminal={"95": NOTHING})[-1]
    assert last.text == (
        "so TC was to be asked for; ARQC was, as the terminal's own codes (TAC, not given here) may demand"
    )
    assert last.agrees is None
    assert said(TAC, terminal={"95": NOTHING})[-1].agrees is False


def test_codes_of_the_terminal_count_as_those_of_the_issuer() -> None:
    failed = "0400000000"  # CDA failed: a bit of TAC denial, of no code of this issuer
    steps = said(TAC, terminal={"95": failed}, first=("00", "00"))
    assert steps[1].text == "IAC denial 0010000000, TAC denial 0400000000: met by: CDA failed"
    assert (steps[-1].text, steps[-1].agrees) == ("so AAC was to be asked for; AAC was", True)
    assert said(terminal={"95": failed}, first=("00", "00"))[-1].agrees is None


def test_each_step_names_the_bits_and_the_bytes() -> None:
    tvr, denial, online, _ = said()
    assert tvr.text == "TVR 0000008000: floor limit exceeded"
    assert denial.text == "IAC denial 0010000000: no bit of the TVR met"
    assert online.text == "IAC online F040649800: met by: floor limit exceeded"
    assert [len(one.evidence) for one in (tvr, denial, online)] == [1, 2, 2]


def test_issuer_codes_that_the_card_lacks() -> None:
    """Absent denial is all zeros, absent online and default are all ones: one bit of the TVR leads online."""
    lacking = {"9F0D": "", "9F0E": "", "9F0F": ""}
    d = dialogue(payment(card=lacking))
    assert issuer_codes(d)[0] == ActionCodes(bytes(5), b"\xff" * 5, b"\xff" * 5)
    steps = said(card=lacking)
    assert steps[1].text == "IAC denial 0000000000 (not on the card): no bit of the TVR met"
    assert steps[2].text.startswith("IAC online FFFFFFFFFF (not on the card): met by")
    assert steps[-1].agrees is True


@pytest.mark.parametrize("wrong", ["F0406498", "F04064980000"])
def test_an_issuer_code_of_another_length_is_not_taken_for_absent(wrong: str) -> None:
    assert said(card={"9F0F": wrong})[-1].text.endswith("are not all here, or not of 5 bytes")


@pytest.mark.parametrize("tvr", ["", "00000080", "000000800000"])
def test_without_a_whole_tvr_nothing_is_said(tvr: str) -> None:
    assert [one.text for one in said(terminal={"95": tvr})] == [
        "not known: no TVR (95) in this capture"
    ]


def test_without_all_records_an_absent_code_is_not_known() -> None:
    exchanges = payment()
    d = dialogue(exchanges[:2] + exchanges[3:])
    assert [one.text for one in judge(d)][-1].startswith("not known: the issuer action codes")
    assert [one.text for one in judge(dialogue(exchanges[:3]))] == ["not reached in this capture"]


@pytest.mark.parametrize(
    ("tvr", "arc", "asked", "agrees"),
    [
        ("0040000000", "5A33", "00", True),
        ("0040000000", "5933", "40", False),
        (FLOOR, "5933", "40", True),
    ],
)
def test_unable_to_go_online(tvr: str, arc: str, asked: str, agrees: bool) -> None:
    later = {"8A": arc, "95": tvr}
    assert said(completion=True, second=(asked, asked), later=later)[-1].agrees is agrees


def test_completion_after_an_answer_of_the_issuer_needs_no_codes() -> None:
    assert said(completion=True, second=("40", "40")) == []
