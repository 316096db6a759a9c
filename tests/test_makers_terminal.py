# SPDX-License-Identifier: MIT
"""The terminal refuses what it must, and each story of the traces ends as its actors see it."""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from cardlib.core.tlv import scan
from traces.makers import middle, rsa_keys
from traces.makers.card import Card
from traces.makers.contactless import Tap
from traces.makers.issuer import Issuer
from traces.makers.profile import load
from traces.makers.reader import Result, Settings
from traces.makers.terminal import Terminal
from traces.makers.times import Transmit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "traces" / "recipes"))
stories = importlib.import_module("stories")
TRUSTED = stories.TRUSTED
# As the terminal sees it, each payment: outcome and TVR
ENDS = {
    "contact_purchase": ["approved online 0000008000"],
    "contact_wrong_pin": ["declined offline 0000888000"],
    "contact_sda": ["approved offline 0200000000"],
    "contact_cda": ["approved online 0000008000"],
    "contact_enciphered_pin": ["approved online 0000008000"],
    "contact_online_declined": ["declined online 0000008000"],
    "contact_offline_declined": ["declined offline 0010008000"],
    "contact_pin_blocked": ["declined offline 0000A08000", "declined offline 0000A08000"],
    "contact_script": ["approved online 0000008000", "approved online 0000008000"],
    "contact_card_blocked": ["declined online 0000008000", "not accepted 0000000000"],
    "contact_expired": ["declined offline 0040008000"],
    "contact_log": [],
    "contact_unblocked_pin": ["approved online 0000208000", "approved online 0000008000"],
    "contact_velocity": [
        "approved offline 0000000000",
        "approved online 0000004000",
        "approved online 0000001000",
    ],
    "no_oda": ["approved offline 8000000000"],
    "contactless_tap": ["approved online 0000008000"],
    "tap_mastercard_high": ["approved online 0000048000"],
    "tap_visa_low": ["approved offline 0000000000"],
    "tap_visa_high": ["approved online 0000000000"],
    "tap_mag_stripe": ["approved online 0000000000"],
    "tap_track_1": ["approved online 0000000000"],
    "tap_wallet": ["approved online 0000000000"],
    "tap_two_purchases": ["approved online 0000000000", "approved online 0000000000"],
    "tap_relay_near": ["approved online 0000008002"],
    "attack_no_pin": ["approved online 0000008000"],
    "attack_cvm_list": ["approved online 0800008000"],
    "attack_ctq": ["approved online 0000000000"],
    "attack_brand": ["approved online 0000000000"],
    "attack_offline_type": ["approved offline 0000000000"],
    "attack_relay": ["declined offline 0000008006"],
    "attack_repeated_number": ["approved online 0000000000", "approved online 0000000000"],
    "attack_old_counter": ["approved online 0000000000", "approved online 0000000000"],
}


@pytest.mark.parametrize("name", stories.STORIES)
def test_a_story_ends_as_its_actors_see_it(name: str) -> None:
    results = stories.play(name).results
    assert [f"{one.outcome} {one.tvr.hex().upper()}" for one in results] == ENDS[name]


def paid(
    profile: str = "visa_contact",
    changes: dict[str, Any] | None = None,
    between: Callable[[Transmit], Transmit] = lambda card: card,
    shop: dict[str, Any] | None = None,
    pins: tuple[str, ...] = ("1234",),
    cents: int = 4250,
) -> Result:
    """One purchase with a fresh card."""
    made = load(profile, changes)
    kind = Tap if made.protocol == "contactless" else Terminal
    shown, t0 = Settings(**({"trusted": TRUSTED} | (shop or {}))), made.protocol == "T=0"
    return kind(between(Card(made).answer), shown, Issuer(made), pins, t0=t0).pay(cents)


def flipped(tag: str, ins: int | None = None) -> Callable[[Transmit], Transmit]:
    """The last bit of a data element changes on the way, in the answers to one command or to all."""

    def attack(card: Transmit) -> Transmit:
        def transmit(command: bytes) -> bytes:
            answer = card(command)
            for found, _, _, _, stop, _ in scan(answer[:-2]) if ins in (None, command[1]) else ():
                if found == tag:
                    return answer[: stop - 1] + bytes((answer[stop - 1] ^ 1,)) + answer[stop:]
            return answer

        return transmit

    return attack


LATE = "declined by the card after the online decision"
T1 = {"protocol": "T=1"}
SDA = {"aip": "5800", "records": {"3.3": "93"}}
ROGUE = {"rsa": {"ca": "rogue CA"}}


@pytest.mark.parametrize(
    ("profile", "changes", "tag", "bit"),
    [
        ("visa_contact", T1, "90", 0x08),
        ("visa_contact", T1, "9F46", 0x08),
        ("visa_contact", T1, "5F28", 0x08),
        ("visa_contact", T1 | ROGUE, "", 0x08),
        ("visa_contact", T1 | {"data": {"8F": "77"}}, "", 0x08),
        ("visa_contact", T1, "5A", 0x08),
        ("visa_contact", T1 | SDA, "93", 0x42),
        ("visa_contact", T1 | SDA, "9F07", 0x42),
        ("visa_contact", T1, "80", 0x08),
        ("mastercard_contact", {}, "9F46", 0x04),
        ("mastercard_contact", {}, "8E", 0x04),
    ],
)
def test_what_is_not_genuine_is_noted(
    profile: str, changes: dict[str, Any], tag: str, bit: int
) -> None:
    """Byte 1 of the TVR: DDA failed 08, CDA failed 04, SDA failed 40 (and SDA selected 02)."""
    ins = 0x88 if tag == "80" else None
    result = paid(profile, changes, flipped(tag, ins))
    assert result.tvr[0] == bit, result


CDA_BROKEN = [
    ("9F36", "CDA transaction data: hash is"),
    ("9F27", "CDA transaction data: CID is"),
    ("9F4B", "CDA: "),
    ("9F10", "CDA transaction data: hash"),
]


@pytest.mark.parametrize(("tag", "why"), CDA_BROKEN)
def test_a_changed_answer_breaks_cda_and_the_payment(tag: str, why: str) -> None:
    result = paid("mastercard_contact", between=flipped(tag, 0xAE))
    assert (
        result.outcome == "declined offline" and result.why.startswith(why) and result.tvr[0] == 4
    )


@pytest.mark.parametrize(
    ("tag", "why"), [("9F4B", "header"), ("9F69", "hash"), ("90", "issuer certificate")]
)
def test_a_changed_answer_breaks_fdda(tag: str, why: str) -> None:
    result = paid("visa_tap", {"ceiling": 2500}, flipped(tag), {"floor": 3000}, cents=1500)
    assert result.outcome == "declined offline" and why in result.why


def test_the_terminal_takes_no_more_than_it_asked_for() -> None:
    """An AAC that becomes a TC where no signature covers it."""
    changes = T1 | {"data": {"9F0E": "FFFFFFFFFF"}}

    def attack(card: Transmit) -> Transmit:
        return lambda command: card(command).replace(b"\x80\x12\x00", b"\x80\x12\x40")

    result = paid("visa_contact", changes, attack)
    assert (result.outcome, result.why) == (
        "not accepted",
        "the card answers more than it was asked for",
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"state": "card blocked"}, "the card is blocked"),
        ({"state": "application blocked"}, "the application is blocked"),
        ({"aid": "A0000003330101"}, "no application in common"),
        ({"afl": "08090900"}, "record 9 of SFI 1 was answered 6A83"),
        ({"records": {"2.2": "8C"}}, "the card has no 8D"),
        ({"atc": 0xFFFF}, "GET PROCESSING OPTIONS was answered 6985"),
    ],
)
def test_some_cards_are_not_accepted(changes: dict[str, Any], why: str) -> None:
    result = paid("visa_contact", T1 | changes)
    assert (result.outcome, result.why) == ("not accepted", why)


@pytest.mark.parametrize(
    ("changes", "tvr"),
    [
        ({"expiry": "260313"}, "0040008000"),
        ({"effective": "260315"}, "0020008000"),
        ({"data": {"9F07": "0000"}}, "0010008000"),
        ({"data": {"8E": "00000000000000000000"}}, "0000808000"),
        ({"data": {"8E": "00000000000000003500"}}, "0000C08000"),
        ({"data": {"8E": "00000000000000000203"}}, "0000048000"),
    ],
)
def test_restrictions_and_rules_are_noted(changes: dict[str, Any], tvr: str) -> None:
    assert paid("visa_contact", T1 | changes).tvr.hex().upper() == tvr


LIMITS = {"9F14": "02", "9F23": "04"}
VELOCITY = [  # ATC before, the last one online, what the card does not tell; bits of the TVR by hand (Book 3, 10.6.3)
    (17, "0010", "", "0000000000"),  # 18 - 16: not more than 2
    (17, "000F", "", "0000004000"),
    (17, "000E", "", "0000004000"),
    (17, "000D", "", "0000006000"),
    (17, "0000", "", "0008006000"),  # never online: a new card
    (17, "0012", "", "0000006000"),  # not behind the counter
    (17, "0010", "9F13", "0000006000"),
    (17, "0010", "9F36", "0000006000"),
]


@pytest.mark.parametrize(("atc", "last", "missing", "tvr"), VELOCITY)
def test_how_often_the_card_did_without_its_issuer(
    atc: int, last: str, missing: str, tvr: str
) -> None:
    asked = bytes.fromhex(f"80CA{missing}00") if missing else b"?"

    def mute(card: Transmit) -> Transmit:
        return lambda command: b"\x6a\x88" if command == asked else card(command)

    records, rules = {"2.2": "8C 8D 9F49 9F14 9F23"}, "0000000000000000 1F03"
    changes = T1 | {"atc": atc, "records": records, "data": LIMITS | {"9F13": last, "8E": rules}}
    assert paid("visa_contact", changes, mute, cents=100).tvr.hex().upper() == tvr


@pytest.mark.parametrize(
    ("chosen", "cents", "share"),
    [
        ((), 100, 0),  # no random selection
        ((500, 20, 60), 499, 20),
        ((500, 20, 60), 500, 20),
        ((500, 20, 60), 750, 40),  # half of the way from the threshold to the floor limit
        ((500, 20, 60), 999, 59),
        ((500, 20, 60), 1000, 0),  # above the floor limit it goes online anyhow
        ((0, 99, 99), 100, 99),
    ],
)
def test_one_in_some_goes_online_by_chance(chosen: tuple[int, ...], cents: int, share: int) -> None:
    """Of 200 purchases about that share, which is a formula of Book 3, 10.6.2; TVR byte 4, bit 5."""
    card = Card(
        load("visa_contact", T1 | {"ceiling": 2000, "data": {"8E": "0000000000000000 1F03"}})
    )
    shop = Settings(TRUSTED, chosen=chosen)
    one = Terminal(card.answer, shop, Issuer(card.profile))
    one.data = {"9F02": bytes.fromhex(f"{cents:012}")}
    met = 0
    for _ in range(200):
        one.notes = set()
        one.risk()
        met += bool(one.tvr[3] & 0x10)
    assert abs(met - 2 * share) <= 25 and (share > 0) == (met > 0)


@pytest.mark.parametrize(("order", "bit"), [("first unblock PIN", 0x20), ("unblock PIN", 0x10)])
def test_a_script_that_fails_is_noted_by_its_template(order: str, bit: int) -> None:
    """TVR byte 5: before the last cryptogram (71) 20, after it (72) 10."""

    def spoiled(card: Transmit) -> Transmit:
        return lambda command: card(command[:-1] + b"\0" if command[1] == 0x24 else command)

    made = load("visa_contact", T1)
    result = Terminal(
        spoiled(Card(made).answer), Settings(TRUSTED), Issuer(made, scripts=[order]), ["1234"]
    ).pay(4250)
    assert result.outcome == "approved online" and result.tvr[4] == bit


@pytest.mark.parametrize(
    ("profile", "spoiled", "bytes_3"),
    [
        (
            "visa_contact",
            False,
            [0x02, 0x22, 0x02],
        ),  # two on the transaction before, high nibble; 02: DDA
        ("visa_contact", True, [0x02, 0x0A, 0x02]),  # 08: one failed
        (
            "mastercard_contact",
            False,
            [0x03, 0x23, 0x23],
        ),  # a counter, beside the tries that are left
    ],
)
def test_later_payments_tell_the_issuer_of_its_scripts(
    profile: str, spoiled: bool, bytes_3: list[int]
) -> None:
    """The third byte of the CVR by hand, in the last cryptogram of three payments; scripts follow the first."""
    made = load(profile, T1 | {"master": {"mac": "9E15204313F7318ACB79B90BD986AD29"}})
    card, issuer = Card(made), Issuer(made, scripts=["unblock PIN"] * 2)

    def between(command: bytes) -> bytes:
        return card.answer(command[:-1] + b"\0" if spoiled and command[1] == 0x24 else command)

    one = Terminal(between, Settings(TRUSTED), issuer, ["1234"] * 3)
    at = 6 if profile == "visa_contact" else 4
    found = []
    for _ in bytes_3:
        card.power_on()
        found.append(one.pay(4250).data["9F10"][at])
    assert found == bytes_3


def test_the_last_counter_online_follows_the_issuer() -> None:
    card = Card(load("visa_contact", T1))
    for issuer, last in ((None, "0000"), (Issuer(card.profile), "0013")):
        card.power_on()
        Terminal(card.answer, Settings(TRUSTED), issuer, ["1234"]).pay(4250)
        assert card.data.get("9F13", bytes(2)).hex() == last


def test_the_issuer_holds_both_codes_of_a_stripe_against_their_tracks() -> None:
    row = stories.STORIES["tap_track_1"]
    for tag, outcome in (
        ("9F36", "declined online"),
        ("9F60", "declined online"),
        ("9F67", "approved online"),
    ):
        assert paid(row["card"], row["set"], flipped(tag, 0x2A), cents=700).outcome == outcome


@pytest.mark.parametrize(
    ("rules", "results"),
    [
        ("0000000000000000 4103 1F03", "410302"),
        ("0000000000000000 0303", "030300"),
        ("0000000000000000 4206 1F09", "1F0902"),
        ("00002710 00000064 4206 1F00", "420600"),
        ("0000000000000000 4001", "3F0001"),
        ("0000000000000000 1E03", "1E0300"),
    ],
)
def test_the_list_is_worked_through_rule_by_rule(rules: str, results: str) -> None:
    """9F34 by hand (Book 4, A4): PIN done; PIN and signature; not for this amount; amount below X; none fits."""
    changes = T1 | {"data": {"8E": rules}}
    assert paid("visa_contact", changes).data["9F34"].hex().upper() == results


def test_the_issuer_refuses_a_changed_request_and_an_old_counter() -> None:
    def later(card: Transmit) -> Transmit:
        return lambda command: middle.changed(
            card(command), "9F10", bytes.fromhex("06011203A00004")
        )

    assert paid("visa_tap", between=later, cents=3200).outcome == "declined online"
    story = stories.Story("attack_old_counter")
    story.issuer.checks_counter = True
    assert [one.outcome for one in story.play().results] == ["approved online", "declined online"]


@pytest.mark.parametrize(
    "profile", ["visa_contact", "mastercard_contact", "visa_tap", "mastercard_tap"]
)
def test_no_card_ends_the_terminal(profile: str) -> None:
    """Answers cut, changed, empty or endless: there is a result, and no approval that nobody stands for."""
    rng, made = Random(profile), load(profile)
    card = Card(made)

    def transmit(command: bytes) -> bytes:
        answer = card.answer(command)
        at = rng.randrange(len(answer))
        spoiled = (
            b"",
            answer[:at],
            answer[:at] + rng.randbytes(1) + answer[at + 1 :],
            b"\x61\xff",
            b"\x6c\xff",
        )
        return answer if rng.random() < 0.9 else rng.choice(spoiled)

    kind = Tap if made.protocol == "contactless" else Terminal
    terminal = kind(
        transmit, Settings(TRUSTED), Issuer(made), ["1234"] * 99, t0=made.protocol == "T=0"
    )
    outcomes = Counter(terminal.pay(4250).outcome for _ in range(30))
    assert {"not accepted", "approved online"} <= outcomes.keys()
    assert outcomes.keys() <= {
        "not accepted",
        "approved online",
        "declined online",
        "declined offline",
    } | {LATE}


@pytest.mark.parametrize("cvn", ["10", "18"])
def test_a_contact_card_may_use_either_version(cvn: str) -> None:
    """With version 18 the issuer answers by method 2: ARPC of 4 bytes and a card status update."""
    result = paid("visa_contact", T1 | {"cvn": cvn})
    assert (
        result.outcome == "approved online" and len(result.data["91"]) == {"10": 10, "18": 8}[cvn]
    )


def test_without_a_line_the_terminal_decides_alone() -> None:
    made = load("visa_contact", T1 | {"ceiling": 9000})
    offline = Settings(TRUSTED, online=False, tac=("0000000000",) * 3)
    assert (
        Terminal(Card(made).answer, offline, None, ("1234",)).pay(4250).outcome
        == "approved offline"
    )
    strict = Settings(TRUSTED, online=False, tac=("0000008000", "0000000000", "0000000000"))
    assert (
        Terminal(Card(made).answer, strict, None, ("1234",)).pay(4250).outcome == "declined offline"
    )


def test_every_attack_changes_bytes_and_only_those_it_says() -> None:
    """Against the honest trace: CVM list, CTQ, and the type of the cryptogram."""
    for attack, honest, tag in (
        ("attack_cvm_list", "contact_enciphered_pin", "8E"),
        ("attack_ctq", "tap_visa_high", "9F6C"),
    ):
        pair = [
            [frame.data for frame in stories.play(name).tape.frames] for name in (attack, honest)
        ]
        one, other = next((a, b) for a, b in zip(*pair, strict=False) if a != b)
        assert len(one) == len(other)
        places = [at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        start, stop = next((row[3], row[4]) for row in scan(one[:-2]) if row[0] == tag)
        assert places and all(start <= at < stop for at in places)


def test_a_relay_costs_time_and_nothing_else() -> None:
    far, near = (stories.play(name).tape for name in ("attack_relay", "tap_relay_near"))
    assert [frame.data for frame in far.frames][:7] == [frame.data for frame in near.frames][:7]
    waits = [
        b.time_ns - a.time_ns for a, b in zip(far.frames[1::2], far.frames[2::2], strict=False)
    ]
    assert all(wait > 23_000_000 for wait in waits)


def test_keys_of_the_ca_are_the_terminals_own() -> None:
    assert set(TRUSTED.values()) == {
        rsa_keys.key(name).modulus for name in ("Visa-like CA", "Mastercard-like CA")
    }
    assert paid("visa_contact", T1, shop={"trusted": {}}).tvr[0] == 0x08
