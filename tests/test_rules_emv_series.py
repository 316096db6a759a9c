# SPDX-License-Identifier: MIT
"""Rules over several captures, each with captures on which it fails and captures on which it passes."""

from __future__ import annotations

import random

import pytest
from dialogue import CARD, CDOL1, captured, contactless, evidence, judged, lines, payment

from cardlib import Capture

DRAW = random.Random(7)


def purchase(place: int, number: str, name: str = "", **changes: object) -> Capture:
    """The place-th payment of a card: counter, cryptogram and date follow the place."""
    terminal = {"9F37": number, "9A": f"2603{place + 1:02d}"} | dict(changes.pop("terminal", {}))  # type: ignore[call-overload]
    counter = f"{0x12 + place:04X}"
    answers = {"9F36": counter, "9F26": f"{DRAW.getrandbits(64):016X}"}
    first = answers | dict(changes.pop("first", {}))  # type: ignore[call-overload]
    return captured(
        lines(terminal=terminal, first=first, ask2=None, between=(), **changes),
        name or f"{place}.txt",
    )  # type: ignore[arg-type]


def series(numbers: list[str], **changes: object) -> list[Capture]:
    return [purchase(place, number, **changes) for place, number in enumerate(numbers)]


def numbers(count: int) -> list[str]:
    return [f"{DRAW.getrandbits(32):08X}" for _ in range(count)]


def dynamic(values: list[str]) -> list[Capture]:
    """Payments in which the terminal tells the card its number, as the list of some cards asks it to."""
    return [
        purchase(n, f"{n + 1:08X}", terminal={"9F4C": one}, cdol1=f"{CDOL1} 9F4C")
        for n, one in enumerate(values)
    ]


def challenges(values: list[str]) -> list[Capture]:
    return [captured([line for value in values for line in ("0084000008", f"{value}9000")])]


def relays(entropy: list[str]) -> list[Capture]:
    before = [
        line for one in entropy for line in (f"80EA000004{one}00", f"800A{one}000A003200109000")
    ]
    return [payment(aid="A0000000041010", before=before)]


COUNTING = [f"{0x1000 + 3 * place:08X}" for place in range(8)]
CASES: dict[str, tuple[list[Capture], list[Capture], str]] = {
    "E80": (series(["11223345", "99887766", "11223345"]), series(numbers(3)), "11223345"),
    "E81": (series(COUNTING), series(numbers(8)), COUNTING[0]),
    "E20": (
        dynamic(["B1BD198460DEBA64"] * 2),
        dynamic(["B1BD198460DEBA64", "C0FFEE0011223344"]),
        "B1BD198460DEBA64",
    ),
    "E83": (series(numbers(2), first={"9F36": "0012"}), series(numbers(2)), "9F36020012"),
    "E84": (
        [
            purchase(0, "01020304", first={"9F36": "0099"}),
            purchase(1, "05060708", first={"9F36": "0012"}),
        ],
        series(numbers(3)),
        "9F36020099",
    ),
    "E26": (
        [purchase(0, "01020304"), purchase(1, "05060708", card={"8E": "00000000000000001F00"})],
        series(numbers(2)),
        f"8E0E{CARD['8E']}",
    ),
    "E104": (
        series(numbers(2), first={"9F26": "AABBCCDDEEFF0011"}),
        series(numbers(2)),
        "9F2608AABBCCDDEEFF0011",
    ),
    "E36": (
        challenges(["1122334455667788"] * 20),
        challenges([f"{DRAW.getrandbits(64):016X}" for _ in range(20)]),
        "1122334455667788",
    ),
    "E67": (
        relays(["01020304", "01020304"]),
        relays(["01020304", "05060708"]),
        "80EA0000040102030400",
    ),
    "X1": (series(["FFFFFFFE", "FFFFFFFD"] * 10), series(numbers(20)), "FFFFFFFE"),
}


@pytest.mark.parametrize("rule", CASES)
def test_fails_on_some_and_passes_on_others(rule: str) -> None:
    bad, good, shown = CASES[rule]
    failing = [one for one in judged(rule, *bad) if one.verdict == "fail"]
    assert failing and shown in evidence(failing[0], *bad)
    assert {one.verdict for one in judged(rule, *good)} == {"pass"}


@pytest.mark.parametrize(
    ("rule", "captures", "detail"),
    [
        (
            "E20",
            dynamic(["B1BD198460DEBA64", "00" * 8]),
            "1 payments with the card's dynamic number, at least 2 are needed",
        ),
        (
            "E80",
            series(["11223345"]),
            "1 payments with an unpredictable number, at least 2 are needed",
        ),
        ("E81", series(numbers(7)), "7 unpredictable numbers, at least 8 are needed"),
        ("E104", [payment(ask2=None)], "1 signatures or cryptograms, at least 2 are needed"),
        (
            "E84",
            [payment(cdol1="9F37"), payment(cdol1="9F37")],
            "card ending 0119: no dates (9A) with counters (9F36)",
        ),
        ("E67", relays(["01020304"]), "1 measurements, at least 2 are needed"),
        ("E36", challenges(["1122334455667788"]), "1 challenges, at least 20 are needed"),
        ("X1", series(numbers(3)), "3 unpredictable numbers, at least 20 are needed"),
    ],
)
def test_too_few(rule: str, captures: list[Capture], detail: str) -> None:
    assert [(one.verdict, one.detail) for one in judged(rule, *captures)] == [
        ("not-enough-data", detail)
    ]


@pytest.mark.parametrize("rule", ["E83", "E84", "E26", "E36", "E67", "E52"])
def test_one_payment_says_nothing(rule: str) -> None:
    assert [one.verdict for one in judged(rule, payment())] == ["not-applicable"]


def test_stuck_bits_are_seen_from_twenty_on() -> None:
    stuck = [f"{int(number, 16) | 0x00010000:08X}" for number in numbers(20)]
    assert judged("E81", *series(stuck[:19]))[0].verdict == "pass"
    (one,) = judged("E81", *series(stuck))
    assert one.verdict == "fail" and "bits never change" in one.detail


def test_a_leap_of_the_counter() -> None:
    far = [
        purchase(0, "01020304", first={"9F36": "0012"}),
        purchase(1, "05060708", first={"9F36": "0045"}),
    ]
    (one,) = judged("E84", *far)
    assert (one.verdict, one.detail) == ("fail", "card ending 0119: counters 18, 69 by date")


def test_payments_of_one_day_have_no_order() -> None:
    same = [
        purchase(0, "01020304", terminal={"9A": "260301"}),
        purchase(1, "05060708", terminal={"9A": "260301"}),
    ]
    assert judged("E84", *same[::-1])[0].verdict == "pass"


def test_a_second_card_is_another_card() -> None:
    other = purchase(
        1,
        "05060708",
        card={"5A": "4761739001010010", "8E": "00000000000000001F00"},
        first={"9F36": "0012"},
    )
    found = (
        judged("E83", purchase(0, "01020304"), other),
        judged("E26", purchase(0, "01020304"), other),
    )
    assert [one[0].verdict for one in found] == ["not-applicable", "not-applicable"]


def test_both_sides_of_one_run() -> None:
    reader = captured(lines(), "reader.txt")
    honest = captured(lines(), "card.txt")
    wedged = captured(lines(terminal={"9F34": "1E0300"}), "card.txt")
    assert [one.verdict for one in judged("E52", reader, honest, both_sides=True)] == ["pass"]
    (one,) = judged("E52", reader, wedged, both_sides=True)
    assert one.verdict == "fail" and {e.file for e in one.evidence} == {"reader.txt", "card.txt"}
    assert (
        evidence(one, reader, wedged)[:2] == ["410302", "1E0300"]
        and "changed: 9F34; 0" in one.detail
    )
    assert judged("E52", reader, wedged)[0].verdict == "not-applicable"


def test_a_half_that_is_on_one_side_only() -> None:
    reader, card = captured(lines(), "reader.txt"), captured(lines()[:-2], "card.txt")
    (one,) = judged("E52", reader, card, both_sides=True)
    assert (one.verdict, one.detail) == ("fail", "changed: nothing; 1 exchanges on one side only")


def test_two_sides_of_one_run_are_one_payment() -> None:
    """The same number, counter and cryptogram stand on both sides; no rule about repetition is about that."""
    sides = [captured(lines(ask2=None, between=()), name) for name in ("reader.txt", "card.txt")]
    for rule in ("E80", "E83", "E104"):
        assert "fail" not in [one.verdict for one in judged(rule, *sides, both_sides=True)]
        assert judged(rule, *sides)[0].verdict == ("pass" if rule == "E104" else "fail")


def test_a_counter_that_was_only_asked_for() -> None:
    """GET DATA tells the counter of the payment before."""
    asked = payment(ask=None, ask2=None, between=(), after=("80CA9F3600", "9F36020012" + "9000"))
    assert judged("E83", purchase(0, "01020304"), asked)[0].verdict == "not-applicable"


def test_the_data_for_another_interface_are_others() -> None:
    tap = contactless(card={"8E": "00000000000000001F00"})
    assert judged("E26", payment(), tap)[0].verdict == "not-applicable"
    assert [one.verdict for one in judged("E26", payment(), contactless(), tap)] == ["fail"]


@pytest.mark.parametrize("source", ["9A", "9F21", "9F36", "9F26"])
def test_numbers_made_of_what_everybody_knows(source: str) -> None:
    """Date or time of the payment, counter or cryptogram of the one before."""
    times = [f"12{place:02d}{place * 7 % 60:02d}" for place in range(8)]
    known = {
        "9A": [f"00{'2603'}{place + 1:02d}" for place in range(8)],
        "9F21": [f"{time}00" for time in times],
        "9F36": [f"0000{0x11 + place:04X}" for place in range(8)],
        "9F26": [f"{place:02X}C0FFEE" for place in range(8)],
    }[source]
    made = [
        purchase(
            place,
            number,
            terminal={"9F21": times[place]},
            cdol1="9F02 9A 9F21 9F37",
            first={"9F26": f"{place + 1:02X}C0FFEE{DRAW.getrandbits(32):08X}"},
        )
        for place, number in enumerate(known)
    ]
    (one,) = judged("E81", *made)
    assert one.verdict == "fail" and "made of date, time or counter" in one.detail


def test_bytes_that_come_too_often() -> None:
    """As many ones as zeros, but four bytes only: the chi-square test sees it."""
    draw = random.Random(7)  # its own: none of the twenty may come twice, whatever was drawn before
    poor = ["".join(draw.choice(("0F", "33", "AA", "F0")) for _ in range(8)) for _ in range(20)]
    (one,) = judged("E36", *challenges(poor))
    assert (one.verdict, len(set(poor))) == ("fail", 20)


def test_a_card_of_which_little_is_known_does_not_hide_another() -> None:
    """Rules by card: the first in the list has one payment, no signature and no date."""
    other = {"5A": "4761739001010010", "57": None}
    quiet = [
        payment(card=other, cdol1="9F37"),
        payment(card=other, cdol1="9F37", first={"9F36": "0015"}),
    ]
    signed = [
        purchase(place, f"0102030{place}", terminal={"9F4C": "AABBCCDD"}, cdol1="9F02 9A 9F37 9F4C")
        for place in (0, 1)
    ]
    leaps = [
        purchase(0, "01020304", first={"9F36": "0012"}),
        purchase(1, "05060708", first={"9F36": "0099"}),
    ]
    assert [one.verdict for one in judged("E20", *quiet, *signed)] == ["fail"]
    assert [one.verdict for one in judged("E84", *quiet, *leaps)] == ["not-enough-data", "fail"]


def test_half_of_the_numbers_may_be_a_date_by_chance() -> None:
    """More than half is a pattern: four of eight pass, five do not."""
    for made, verdict in ((4, "pass"), (5, "fail")):
        values = [
            f"00{'2603'}{place + 1:02d}" if place < made else number
            for place, number in enumerate(numbers(8))
        ]
        assert judged("E81", *series(values))[0].verdict == verdict


def test_each_bit_of_a_number_is_looked_at() -> None:
    """The last bit alone never changes in twenty numbers, once 0 and once 1."""
    for bit in (0, 1):
        stuck = [f"{int(number, 16) & ~1 | bit:08X}" for number in numbers(20)]
        (one,) = judged("E81", *series(stuck))
        assert (one.verdict, "1 bits never change" in one.detail) == ("fail", True), one.detail
