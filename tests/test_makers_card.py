# SPDX-License-Identifier: MIT
"""The card refuses what it must, with the standard's status word, whatever it is asked."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from cardlib.crypto import pin, rsa
from traces.makers import rsa_keys, scheme
from traces.makers.card import Card
from traces.makers.issuer import Issuer
from traces.makers.personal import filled, tlv
from traces.makers.profile import PROFILES, load

NAMES = sorted(path.stem for path in PROFILES.glob("*.toml"))
T1 = {"protocol": "T=1"}
TOLD = {
    **{
        "9F02": "000000004250",
        "9F03": "000000000000",
        "9F1A": "0276",
        "95": "0000008000",
        "5F2A": "0978",
    },
    **{
        "9A": "260314",
        "9C": "00",
        "9F37": "5C1A0E77",
        "9F34": "410302",
        "9F33": "E0F8C8",
        "9F35": "22",
        "8A": "3030",
    },
}
VALUES = {tag: bytes.fromhex(value) for tag, value in TOLD.items()}


def card(name: str = "visa_contact", **changes: object) -> Card:
    return Card(load(name, T1 | changes if name == "visa_contact" else changes))


def ask(one: Card, header: str, data: bytes = b"") -> str:
    """The answer, in hex, or only its status word if there is no data."""
    return (
        one.answer(bytes.fromhex(header) + (bytes((len(data),)) + data if data else b""))
        .hex()
        .upper()
    )


def selected(**changes: object) -> Card:
    one = card(**changes)
    assert ask(one, "00A40400", one.profile.aid).endswith(("9000", "6283"))
    return one


def initiated(**changes: object) -> Card:
    one = selected(**changes)
    told = filled(one.data["9F38"], VALUES)
    assert ask(one, "80A80000", bytes((0x83, len(told))) + told).endswith("9000")
    return one


def generate(one: Card, kind: str, dol: str = "8C") -> str:
    return ask(one, f"80AE{kind}00", filled(one.data[dol], VALUES))


def online(**changes: object) -> Card:
    """A card that has given an ARQC."""
    one = initiated(**changes)
    assert generate(one, "80")[4:6] == "80"
    return one


def known(one: Card) -> dict[str, bytes]:
    """What the issuer is told."""
    iad = scheme.iad("10", scheme.cvr("10", {"no PIN"}, scheme.ARQC, None, 3), b"")
    return VALUES | {"82": one.profile.aip, "9F36": one.data["9F36"], "9F26": one.ac, "9F10": iad}


# the card before, header, data, status word; by what is wrong
REFUSED: dict[str, tuple[Callable[[], Card], str, str, str]] = {
    "nothing": (card, "", "", "6700"),
    "three bytes": (card, "00A404", "", "6700"),
    "a wrong Lc": (card, "00A4040009A0", "", "6700"),
    "an unknown instruction": (card, "00FF0000", "", "6D00"),
    "an unknown class": (card, "F0A40400", "A0000000031010", "6E00"),
    "an application that is not there": (card, "00A40400", "A0000000041010", "6A82"),
    "the next application": (card, "00A40402", "A0000000031010", "6A82"),
    "selection by file identifier": (card, "00A40000", "3F00", "6A86"),
    "a record before selection": (card, "00B2010C", "", "6985"),
    "a record that is not there": (selected, "00B2090C", "", "6A83"),
    "a file that is not there": (selected, "00B201A4", "", "6A82"),
    "record 0": (selected, "00B2000C", "", "6A86"),
    "data that it does not give": (selected, "80CA9F4F", "", "6A88"),
    "a transaction before selection": (card, "80A80000", "83080276E0F8C82200", "6985"),
    "a PDOL of the wrong length": (selected, "80A80000", "83020276", "6A80"),
    "no template": (selected, "80A80000", "84020276", "6A80"),
    "the same start again": (initiated, "80A80000", "83060276E0F8C822", "6985"),
    "a cryptogram before the start": (selected, "80AE8000", "00", "6985"),
    "half the data of CDOL1": (initiated, "80AE8000", "0011", "6700"),
    "a cryptogram of no type": (initiated, "80AEC000", "00", "6A86"),
    "a signature over nothing": (initiated, "00880000", "", "6700"),
    "VERIFY before the start": (selected, "00200080", "241234FFFFFFFFFF", "6985"),
    "a wrong PIN": (initiated, "00200080", "241111FFFFFFFFFF", "63C2"),
    "no PIN block": (initiated, "00200080", "FFFF", "63C2"),
    "an unknown kind of PIN": (initiated, "00200081", "241234FFFFFFFFFF", "6A86"),
    "an enciphered PIN without challenge": (initiated, "00200088", "00" * 128, "6985"),
    "a challenge before the start": (selected, "00840000", "", "6985"),
    "the issuer before the ARQC": (initiated, "00820000", "00" * 10, "6985"),
    "a short answer of the issuer": (online, "00820000", "0011", "6700"),
    "a wrong ARPC": (online, "00820000", "00112233445566773030", "6300"),
    "a script without MAC": (online, "84160000", "0011", "6987"),
    "a script with a wrong MAC": (online, "84160000", "0011223344556677", "6988"),
    "a script without secure messaging": (online, "00160000", "0011223344556677", "6E00"),
    "a script before the ARQC": (initiated, "84160000", "0011223344556677", "6985"),
    "a mag-stripe code that it does not have": (initiated, "802A8E80", "00000053", "6A86"),
    "a relay check that it does not know": (initiated, "80EA0000", "00112233", "6D00"),
}


@pytest.mark.parametrize(("state", "header", "data", "sw"), REFUSED.values(), ids=list(REFUSED))
def test_refusals_have_the_standards_status_word(
    state: Callable[[], Card], header: str, data: str, sw: str
) -> None:
    assert ask(state(), header, bytes.fromhex(data)) == sw


def test_three_wrong_pins_block_the_pin_and_the_right_one_gives_the_tries_back() -> None:
    one, right, wrong = initiated(), pin.block2("1234"), pin.block2("0000")
    assert [ask(one, "00200080", block) for block in (wrong, wrong, right, wrong)] == [
        "63C2",
        "63C1",
        "9000",
        "63C2",
    ]
    assert ask(one, "80CA9F17") == "9F1701029000"
    assert [ask(one, "00200080", block) for block in (wrong, wrong, right)] == [
        "63C1",
        "63C0",
        "6983",
    ]
    one.power_on()
    assert ask(one, "00A40400", one.profile.aid).endswith("9000")
    assert ask(one, "80CA9F17") == "9F1701009000"


def enciphered(one: Card, digits: str, challenge: bytes | None = None) -> str:
    given = one.answer(bytes.fromhex("0084000000"))[:-2]
    key = rsa_keys.key(one.profile.rsa["card"])
    data = pin.plain_pin_data(
        digits, given if challenge is None else challenge, b"\x55" * (key.size - 17)
    )
    return ask(one, "00200088", rsa.recover(rsa.PublicKey(key.modulus), data))


def test_an_enciphered_pin_needs_the_challenge_of_now() -> None:
    one = initiated()
    assert enciphered(one, "1234") == "9000"
    assert enciphered(one, "4321") == "63C2"
    assert enciphered(one, "1234", challenge=bytes(8)) == "63C1"
    assert ask(one, "00840000")[-4:] == "9000" and ask(one, "80CA9F17").endswith("9000")
    assert ask(one, "00200088", bytes(128)) == "6985"  # another command came in between


def test_the_issuers_right_answer_is_taken_once() -> None:
    one = online()
    answer = Issuer(one.profile).authorise(known(one))
    assert answer.code == b"00" and not answer.why
    assert [ask(one, "00820000", answer.authentication) for _ in range(2)] == ["9000", "6985"]
    assert generate(one, "40", "8D")[4:6] == "40"
    assert generate(one, "40", "8D") == "6985"


def test_after_a_wrong_answer_the_card_declines() -> None:
    one = online()
    assert ask(one, "00820000", bytes(10)) == "6300"
    told = generate(one, "40", "8D")
    assert (
        told[4:6] == "00" and bytes.fromhex(told)[2 + 1 + 2 + 8 + 4] & 0x08
    )  # CID; CVR: issuer authentication failed


def test_an_old_answer_does_not_fit_the_next_transaction() -> None:
    one = online()
    old = Issuer(one.profile).authorise(known(one)).authentication
    one.power_on()
    ask(one, "00A40400", one.profile.aid)
    ask(one, "80A80000", bytes.fromhex("83080276E0F8C8220000")[:10])
    told = filled(one.data["9F38"], VALUES)
    ask(one, "80A80000", bytes((0x83, len(told))) + told)
    assert generate(one, "80")[4:6] == "80"
    assert ask(one, "00820000", old) == "6300"


def script(one: Card, order: str) -> bytes:
    """The command of a script, without its templates 72 and 86."""
    return Issuer(one.profile).script(order, known(one))[4:]


def test_scripts_change_the_pin_block_and_unblock() -> None:
    one = online()
    assert one.answer(script(one, "PIN 998877")).hex() == "9000" and one.pin == "998877"
    one.tries = 0
    assert one.answer(script(one, "unblock PIN")).hex() == "9000" and one.tries == 3
    assert one.answer(script(one, "block")).hex() == "9000"
    assert generate(one, "40", "8D")[4:6] == "00"
    assert ask(one, "00A40400", one.profile.aid)[-4:] == "6283"


def test_a_script_of_before_does_not_fit_now() -> None:
    one = online()
    old = script(one, "block card")
    changed = old[:-1] + bytes((old[-1] ^ 1,))
    assert (
        one.answer(changed).hex() == "6988"
        and one.answer(old[:2] + b"\1" + old[3:]).hex() == "6988"
    )
    again = online()
    again.ac = bytes(8)
    assert again.answer(old).hex() == "6988" and again.state == "new"


def test_a_blocked_application_declines_and_a_blocked_card_says_nothing() -> None:
    one = initiated(state="application blocked")
    assert generate(one, "40")[4:6] == "00"
    assert ask(card(state="card blocked"), "00A40400", bytes.fromhex("A0000000031010")) == "6A81"


@pytest.mark.parametrize(("ceiling", "kind"), [(4249, "80"), (4250, "40")])
def test_above_its_ceiling_the_card_wants_to_go_online(ceiling: int, kind: str) -> None:
    assert generate(initiated(ceiling=ceiling), "40")[4:6] == kind
    assert generate(initiated(ceiling=ceiling), "00")[4:6] == "00"


def test_t0_announces_what_it_has() -> None:
    one = card(protocol="T=0")
    waiting = ask(one, "00A40400", one.profile.aid)
    assert waiting[:2] == "61" and len(waiting) == 4
    assert ask(one, "00C00000FF") == f"6C{waiting[2:]}"
    first = ask(one, "00C0000010")
    assert first[-4:] == f"61{int(waiting[2:], 16) - 16:02X}" and len(first) == 36
    assert ask(one, f"00C00000{first[-2:]}")[-4:] == "9000"
    assert ask(one, "00C0000001") == "6985"
    assert ask(one, "80CA9F1700") == "6C04" and ask(one, "80CA9F1704") == "9F1701039000"


def test_the_log_keeps_ten_payments_the_newest_first() -> None:
    one = Card(load("mastercard_contact"))
    for _ in range(12):
        ask(one, "00A40400", one.profile.aid)
        ask(one, "80A80000", b"\x83\0")
        ask(one, "80AE8000", filled(one.data["8C"], VALUES))
        ask(one, "80AE4000", filled(one.data["8D"], VALUES | {"91": answer_of(one)}))
    last = one.profile.atc + 12
    records = [ask(one, f"00B2{number:02X}5C") for number in range(1, 12)]
    assert [int(record[-8:-4], 16) for record in records[:10]] == list(range(last, last - 10, -1))
    assert records[10] == "6A83" and records[0][:2] == "40"


def answer_of(one: Card) -> bytes:
    return scheme.issuer_answer("M/Chip", one.keys["ac"], one.data | {"9F26": one.ac}, b"00")


def test_m_chip_hears_the_issuer_in_the_second_cryptogram() -> None:
    one = Card(load("mastercard_contact"))
    for answer, kind in ((True, "40"), (False, "00")):
        ask(one, "00A40400", one.profile.aid)
        ask(one, "80A80000", b"\x83\0")
        ask(one, "80AE8000", filled(one.data["8C"], VALUES))
        data = answer_of(one) if answer else bytes(10)
        assert (
            ask(one, "80AE4000", filled(one.data["8D"], VALUES | {"91": data}))[4:12]
            == f"9F2701{kind}"
        )


def test_a_counter_at_its_end_ends_the_card() -> None:
    one = selected(atc=0xFFFF)
    told = filled(one.data["9F38"], VALUES)
    assert ask(one, "80A80000", bytes((0x83, len(told))) + told) == "6985"


def nearly_right(one: Card, rng: Random) -> bytes:
    """A command of the card's with data that fit it, or those of another."""
    pdol = filled(one.data.get("9F38", b""), VALUES)
    fitting = {
        **{
            "00A40400": one.profile.aid,
            "80A80000": tlv("83", pdol),
            "00200080": pin.block2("1234"),
            "00200088": bytes(128),
        },
        **{
            "80AE8000": filled(one.data.get("8C", b""), VALUES),
            "80AE9000": filled(one.data.get("8C", b""), VALUES),
        },
        **{
            "80AE4000": filled(one.data.get("8D", b""), VALUES),
            "00880000": VALUES["9F37"],
            "00820000": bytes(10),
        },
        **{"802A8E80": bytes(4), "80EA0000": bytes(4), "84240002": bytes(24), "84160000": bytes(8)},
        **dict.fromkeys(("00B2010C", "00B2015C", "80CA9F17", "00840000", "00C00000"), b""),
    }
    head = rng.choice(["00A40400", "80A80000", *fitting])
    data = (
        fitting[head]
        if rng.random() < 0.8
        else rng.choice([*fitting.values(), rng.randbytes(rng.randrange(30))])
    )
    if data and rng.random() < 0.2:
        at = rng.randrange(len(data))
        data = data[:at] + rng.randbytes(1) + data[at + 1 :]
    return (
        bytes.fromhex(head)
        + (bytes((len(data),)) + data if data else b"")
        + bytes(rng.randrange(2))
    )


def storm(seed: int, count: int) -> None:
    """Random APDUs, most of them near to good ones; so many that each step of a payment is taken at least once."""
    rng, taken = Random(seed), set[int]()
    cards = [Card(load(name)) for name in NAMES]
    for turn in range(count):
        one = cards[turn % len(cards)]
        some = rng.randbytes(rng.choice((0, 1, 3, 4, 5, 6, 7, 12, 40, 261, 300)))
        raw = some if rng.random() < 0.3 else nearly_right(one, rng)
        answer = one.answer(raw)
        assert len(answer) >= 2 and answer[-2] in (*range(0x61, 0x70), 0x90), raw.hex()
        taken |= {raw[1]} if answer[-2] in (0x61, 0x90) else set()
        if turn % 97 == 0:
            one.power_on()
            one.state, one.tries = "new", 3
    assert {0xA4, 0xB2, 0xCA, 0x84, 0xA8, 0x88, 0xAE} <= taken


def test_no_apdu_ends_the_card() -> None:
    storm(1, 2000)


@pytest.mark.long
def test_no_apdu_of_very_many_ends_the_card() -> None:
    storm(2, 200_000)
