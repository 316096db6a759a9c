# SPDX-License-Identifier: MIT
"""Rules about electronic purses, each with a capture on which it fails and one on which it passes."""

from __future__ import annotations

import pytest
from dialogue import captured, judged

from cardlib import Capture, read_text
from cardlib.crypto.keyring import Key
from cardlib.rules import RULES, check

PURSE = ("00A4040008A00000063201010500", "6F0A8408A0000006320101059000")
PIN = ("00200000031234FF", "9000")
LOAD = (
    "805000020B010000100000112233445510",
    "0000000000000200112233442988AE5A9000",
    "805200000B201112212148223A845BF004",
    "AABBCCDD9000",
)


def debit(
    place: int, balance: int, number: str = "", check: str = "", tac: str = ""
) -> tuple[str, ...]:
    """A purchase of 10.00: the place-th of the purse, from this balance."""
    random, mac1, proof = (
        number or f"1122{place:04X}",
        check or f"AABB{place:04X}",
        tac or f"CCDD{place:04X}",
    )
    return (
        "805001020B01000003E8001122334455" + "0F",
        f"{balance:08X}{place:04X}0000000100{random}9000",
        f"805401000F{place:08X}20260314120000{mac1}08",
        f"{proof}112233449000",
    )


def purse(*parts: tuple[str, ...]) -> Capture:
    return captured([*PURSE, *(line for part in parts for line in part)])


RIDE = (
    "0400003000890003400108001900300000000"
    + "0{}00000E0120241229141740100001011000FFFFFFFF000000000000"
)


def rides(amount: str) -> Capture:
    """The log of the purse, and the ride that it is about."""
    log = ("00B201C417", "042D000000000001F40930008900034020241229141740" + "9000")
    return purse(log, ("00B201F400", RIDE.format(amount) + "9000"))


def deposit_debit() -> tuple[str, ...]:
    """A purchase of 10.00 from the electronic deposit."""
    return (debit(1, 5000)[0].replace("805001020B", "805001010B"), *debit(1, 5000)[1:])


GOOD = purse(debit(1, 5000), debit(2, 4000), debit(3, 3000))
WRITTEN = ("00D695000411223344", "9000")
WRITTEN_SECURELY = ("04D69500081122334455667788", "9000")
BALANCE_5000, BALANCE_4000 = ("805C000204", "000013889000"), ("805C000204", "00000FA09000")
LOST = (debit(1, 5000)[0], debit(1, 5000)[1], debit(1, 5000)[2], "")
CASES = {
    "P04": (
        purse(debit(1, 5000), debit(3, 4000)),
        GOOD,
        "00000FA000030000000100" + "11220003" + "9000",
    ),
    "P05": (
        purse(debit(1, 5000, check="AABBCCDD"), debit(2, 4000, check="AABBCCDD")),
        GOOD,
        "AABBCCDD",
    ),
    "P06": (purse(LOAD), purse(PIN, LOAD), LOAD[0]),
    "P09": (
        purse(deposit_debit()),
        purse(PIN, deposit_debit()),
        "805001010B01000003E80011223344550F",
    ),
    "P10": (rides("01F5"), rides("01F4"), RIDE.format("01F5")),
    "P11": (purse(WRITTEN), purse(WRITTEN_SECURELY), "00D695000411223344"),
    "P12": (
        purse(BALANCE_5000, debit(1, 5000), BALANCE_5000),
        purse(BALANCE_5000, debit(1, 5000), BALANCE_4000),
        "000013889000",
    ),
    "P07": (purse(("805C000204", "000013889000")), purse(("805C000204", "6982")), "000013889000"),
}


@pytest.mark.parametrize(
    ("capture", "said"),
    [
        (purse(debit(1, 5000), debit(2, 4999)), "the balance"),
        (purse(debit(1, 5000), debit(2, 4000, number="11220001")), "the random number"),
        (purse(debit(1, 5000), debit(2, 4000, tac="CCDD0001")), "the TAC"),
        (purse(debit(1, 5000, tac="00000000")), "a TAC of zeros"),
    ],
)
def test_each_fault_of_the_count(capture: Capture, said: str) -> None:
    (one,) = judged("P04", capture)
    assert (one.verdict, one.detail.partition("; ")[2]) == ("fail", said)


def test_a_load_after_a_gap_says_nothing() -> None:
    (one,) = judged("P06", purse(("00B2010C00", ""), LOAD))
    assert one.verdict == "not-enough-data" and "without an answer" in one.detail


def test_what_came_from_the_answer_of_initialize_update() -> None:
    """80 50 is INITIALIZE UPDATE for a card manager: 8 bytes asked, 28 answered."""
    lines = [
        "8050000008AABBCCDDEEFF001100",
        "00" * 28 + "9000",
        "805401000F" + "00" * 15,
        "00" * 8 + "9000",
    ]
    assert judged("P04", captured(lines))[0].verdict == "not-applicable"


def test_two_cards_and_a_load_between_are_no_fault() -> None:
    """Only two debits of one session without a load between are compared."""
    loaded = purse(debit(1, 5000), LOAD, debit(2, 9000))
    assert [
        judged("P04", one)[0].verdict for one in (loaded, purse(debit(1, 5000), debit(2, 9000)))
    ] == [
        "pass",
        "fail",
    ]
    rows = [*PURSE, *debit(1, 5000), *PURSE, *debit(7, 800)]
    text = "\n".join(f"{'><'[place % 2]} {line}" for place, line in enumerate(rows[:6]))
    text += "\nATR: 3B00\n" + "\n".join(
        f"{'><'[place % 2]} {line}" for place, line in enumerate(rows[6:])
    )
    two = read_text(text + "\n")
    assert len(two.sessions) == 2 and judged("P04", two)[0].verdict == "pass"


def test_a_load_with_a_check_value_that_came_before() -> None:
    again, other = (
        purse(PIN, LOAD, LOAD),
        purse(PIN, LOAD, (*LOAD[:2], LOAD[2].replace("8223845B", "8223845C"), LOAD[3])),
    )
    assert [one.verdict for one in judged("P06", again)] == ["pass", "fail", "pass"]
    other = purse(PIN, LOAD, (*LOAD[:2], LOAD[2][:-4] + "AA04", LOAD[3]))
    assert {one.verdict for one in judged("P06", other)} == {"pass"}


def test_two_sides_of_one_debit_are_one_debit() -> None:
    sides = purse(debit(1, 5000)), purse(debit(1, 5000))
    assert judged("P05", *sides)[0].verdict == "fail"
    assert judged("P05", *sides, both_sides=True)[0].verdict == "not-applicable"


def test_a_session_alone_is_judged_like_its_capture() -> None:
    """Numbers of exchanges count through the capture, and a session alone does not begin with 0."""
    rows = [*PURSE, *PIN, *LOAD]
    text = "\n".join(f"{'><'[place % 2]} {line}" for place, line in enumerate(rows))
    second = read_text(f"{text}\nATR: 3B00\n{text}\n").sessions[1]
    chosen = [one for one in RULES if one.id in ("P06", "P07")]
    assert [one.verdict for one in check(second, chosen)] == ["pass", "not-applicable"]


def test_the_log_of_a_purse() -> None:
    """SFI 18 (hex) holds it."""
    read = [purse(("00B201C400", answer)) for answer in ("0001000000" + "9000", "6982")]
    assert [judged("P07", one)[0].verdict for one in read] == ["fail", "pass"]
    assert judged("P07", purse(PIN, ("00B201C400", "00019000")))[0].verdict == "pass"


@pytest.mark.parametrize("answer", ["6A83", "6D00", "6F00", "9000", "00139000"])
def test_what_was_not_answered_shows_no_protection(answer: str) -> None:
    """No such record, no such command, half an answer: none of them is about a right."""
    assert judged("P07", purse(("805C000204", answer)))[0].verdict == "not-applicable"


DIALOGUE = (
    "805001020B01000001900011223344550F",
    "0000100000000000000200556677889000",
    "805401000F00000001201112220800001701D82908",
    "F416BBD4202B266A9000",
)
KEY = bytes.fromhex("11223344556677888877665544332211")


def test_a_mac_that_does_not_verify() -> None:
    """P08: the published dialogue, the same with another MAC2, and both without a key."""
    ring = (Key("mk-purchase", KEY),)
    changed = (*DIALOGUE[:3], DIALOGUE[3].replace("202B266A", "202B266B"))
    assert {f.verdict for f in judged("P08", purse(DIALOGUE), keys=ring)} == {"pass"}
    verdicts = [finding.verdict for finding in judged("P08", purse(changed), keys=ring)]
    assert "fail" in verdicts
    (missing,) = judged("P08", purse(DIALOGUE))
    assert (missing.verdict, missing.detail) == ("not-enough-data", "no key of a purse is given")


def test_a_purse_pays_without_a_pin() -> None:
    assert judged("P09", purse(DIALOGUE))[0].verdict == "not-applicable"


NOTHING = ["not-applicable"]


@pytest.mark.parametrize(
    ("parts", "verdicts"),
    [
        ((BALANCE_5000,), ["not-applicable"]),
        ((BALANCE_5000, BALANCE_5000), ["pass"]),
        ((BALANCE_5000, LOAD, ("805C000204", "00002388" + "9000")), ["pass"]),  # 5000 and 4096
        ((BALANCE_5000, LOST, BALANCE_4000), ["not-applicable"]),  # perhaps done, perhaps not
        ((BALANCE_5000, (*debit(1, 5000)[:3], "9302"), BALANCE_5000), ["pass"]),  # refused
        ((BALANCE_5000, ("805C000104", "000000009000")), ["not-applicable"]),  # of the deposit
        ((BALANCE_5000, ("805C030204", "00000FA09000")), ["not-applicable"]),  # of another kind
        ((BALANCE_5000, ("00B2010C00", ""), BALANCE_4000), ["not-applicable"]),
        ((BALANCE_5000, BALANCE_4000, BALANCE_4000), ["fail", "pass"]),
        # what began the debit is cut off, so nobody knows what it took
        ((BALANCE_5000, (debit(1, 5000)[0], "9000", *debit(1, 5000)[2:]), BALANCE_5000), NOTHING),
    ],
)
def test_two_balances(parts: tuple[tuple[str, ...], ...], verdicts: list[str]) -> None:
    assert [finding.verdict for finding in judged("P12", purse(*parts))] == verdicts


def test_one_debit_is_compared_with_nothing() -> None:
    (finding,) = judged("P04", purse(debit(1, 5000)))
    assert finding.verdict == "not-enough-data"


def test_a_refused_write_says_nothing() -> None:
    assert judged("P11", purse((WRITTEN[0], "6982")))[0].verdict == "not-applicable"
    ride = ("80DC00F004" + "11223344", "9000")  # a part of a compound purchase, which a MAC ends
    assert judged("P11", purse(ride))[0].verdict == "not-applicable"


def test_two_purses_of_one_card_have_their_own_balances() -> None:
    city = ("00A4040009A0000000038698070100", "6F0B8409A00000000386980701" + "9000")
    assert judged("P12", purse(BALANCE_5000, city, BALANCE_4000))[0].verdict == "not-applicable"
