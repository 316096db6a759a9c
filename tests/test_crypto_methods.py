# SPDX-License-Identifier: MIT
"""Cryptogram versions, against vectors made with an HSM (knovichikhin/pyemv, tests/test_cvn_hsm.py)."""

from __future__ import annotations

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.crypto import keys
from cardlib.crypto.methods import (
    METHODS,
    TERMINAL,
    Method,
    answer,
    command_mac,
    compute,
    method,
    script_key,
)
from cardlib.crypto.pin import block2, vis_block


def unhex(text: str) -> bytes:
    return bytes.fromhex(text)


VISA, MASTERCARD, INTERAC = "A000000003", "A000000004", "A000000277"
UNKNOWN = [
    ("nothing", VISA, "", "cryptogram version not told of A000000003: no method is known here"),
    ("cut off", VISA, "0601", "cryptogram version not told of A000000003: no method is known here"),
    (
        "cloud payments",
        VISA,
        "1F43FE82A0000000",
        "cryptogram version 43 of A000000003: no method is known here",
    ),
    (
        "M/Chip bits kept free",
        MASTERCARD,
        "0118A00000",
        "cryptogram version 18 of A000000004: no method is known here",
    ),
    (
        "another scheme",
        "A000000065",
        "06010A03A4B800",
        "cryptogram version 0A of A000000065: no method is known here",
    ),
    (
        "no scheme",
        "",
        "06010A03A4B800",
        "cryptogram version 0A of an unknown scheme: no method is known here",
    ),
]


@pytest.mark.parametrize(
    ("rid", "iad", "reason"), [row[1:] for row in UNKNOWN], ids=[row[0] for row in UNKNOWN]
)
def test_unknown_versions_are_told(rid: str, iad: str, reason: str) -> None:
    with pytest.raises(NotVerifiable) as caught:
        method(rid, unhex(iad))
    assert caught.value.reason == reason


PAN, ATC = "1234567890123456", unhex("001C")
AC, SMI, SMC = (
    keys.card_key(unhex(master), PAN)
    for master in (
        "0123456789ABCDEFFEDCBA9876543210",
        "FEDCBA98765432100123456789ABCDEF",
        "89ABCDEF0123456776543210FEDCBA98",
    )
)
SIZES = (6, 6, 2, 5, 2, 3, 1, 4)


def values(terminal: str) -> dict[str, bytes]:
    """The terminal's data by tag, with AIP and ATC."""
    data, found = unhex(terminal), {"82": unhex("1800"), "9F36": ATC}
    for tag, size in zip(TERMINAL, SIZES, strict=True):
        found[tag], data = data[:size], data[size:]
    return found


ONE = values("000000004000 000000000000 0124 8000048000 0124 191105 01 52BF4585")
TWO = values("000000009999 000000000000 0124 8000000000 0124 209906 00 ABCDEF12")
VECTORS = {  # RID, 9F10, values, cryptogram, data behind the answer, answer, MAC of a command without data
    "Visa CVN 10": (
        VISA,
        "06010A03A06010",
        ONE,
        "29CCA15AE665FA2E",
        "3030",
        "28993816AFAE4AEB",
        "DB56BA60087CEFD3",
    ),
    "Visa CVN 18": (
        VISA,
        "06011203A0B800",
        ONE,
        "7A788EA6B8A3E733",
        "00000000",
        "9AF514C1",
        "04EDE90BC24CC35E",
    ),
    "Interac CVN 133": (
        *(INTERAC, "1501850440B100000000B00000000000000000000000", TWO),
        *("18932FECA2D84326", "0000", "4DF171A49396C363", "B574ABB0A485A330"),
    ),
    "M/Chip CVN 10": (
        *(MASTERCARD, "0110A00003220000000000000000000000FF", TWO),
        *("24CCF3DEE3158C70", "0010", "73F6BBF389A6586C", "ED0AB162BAB1DE61"),
    ),
    "M/Chip CVN 11": (
        *(MASTERCARD, "0111A00003220000000000000000000322FF", TWO),
        *("EAE8A620A75648D8", "0010", "29CF11FBDB9CA650", "4D1858456CD0F22A"),
    ),
    "M/Chip CVN 14": (
        *(MASTERCARD, "0114A00003220000000000000000000000FF", TWO),
        *("CD29615D6452E70E", "0010", "DFD0956606B68D64", "01C0F0DFBF6AA230"),
    ),
    "M/Chip CVN 15": (
        *(MASTERCARD, "0115A00003220000000000000000000322FF", TWO),
        *("C30E54BE496CF5E5", "0010", "4F51F9CC63CE8B3C", "5E89E990C51CEE94"),
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_vectors_and_their_twins(name: str) -> None:
    rid, iad_hex, given, ac_hex, rest, arpc, mac = VECTORS[name]
    iad, ac = unhex(iad_hex), unhex(ac_hex)
    how = method(rid, iad)
    assert (how.name, how.checked) == (name, "vector")
    assert compute(how, AC, given, iad) == ac
    start = b"\0" * (8 if how.answer[0] == 1 else 4)
    assert answer(how, AC, given, ac, start + unhex(rest)) == unhex(arpc)
    header = unhex("8418000008" if rid == VISA else "8424000008")
    assert command_mac(how, SMI, header, b"", ATC, ac) == unhex(mac)
    for tag in how.fields:  # one changed byte of any field is seen
        changed = given | {tag: bytes((given[tag][0] ^ 1,)) + given[tag][1:]}
        assert compute(how, AC, changed, iad) != ac
    assert compute(how, AC, given, iad[:4] + bytes((iad[4] ^ 1,)) + iad[5:]) != ac
    assert command_mac(how, SMI, header, b"\0", ATC, ac) != unhex(mac)


PINS = {  # PIN change to 9999, whole commands
    "Visa CVN 10": "8424000218BB221AF527377A2811D2B6EBC396A9391A965A5CB2CE62DA",
    "Visa CVN 18": "8424000218BB221AF527377A2811D2B6EBC396A9391A22B480EF312F40",
    "Interac CVN 133": "8424000210382F36D5920D23915CC7573F770298C9",
    "M/Chip CVN 10": "842400021000859B8FE53F316DEB4B64C36BF88E39",
    "M/Chip CVN 11": "84240002108661C474E4940A4378390C64CB96756E",
    "M/Chip CVN 14": "84240002107647E71F85AA6A35AE4B4E838666773D",
    "M/Chip CVN 15": "8424000210D9F5896BE8E283C682264E1D32DF1D51",
}


@pytest.mark.parametrize("name", PINS)
def test_pin_change(name: str) -> None:
    rid, iad, _, ac_hex, *_ = VECTORS[name]
    how, ac, wanted = method(rid, unhex(iad)), unhex(ac_hex), unhex(PINS[name])
    block = vis_block(AC, "9999") if rid == VISA else block2("9999")
    data = how.encipher(script_key(how, SMC, ATC, ac), block)
    assert wanted[:5] + data + command_mac(how, SMI, wanted[:5], data, ATC, ac) == wanted


def test_visa_22_differs_from_18_in_its_scripts_alone() -> None:
    """IAD format 2 names the version in its second byte (VIS 1.6: upper nibble format and scripts, lower the rest)."""
    how = method(VISA, unhex("1F2201A0B80000"))
    assert how.name == "Visa CVN 22"
    assert compute(how, AC, ONE, unhex("06011203A0B800")) == unhex("7A788EA6B8A3E733")
    assert answer(how, AC, ONE, unhex("7A788EA6B8A3E733"), bytes(8)) == unhex("9AF514C1")
    ac = unhex("7A788EA6B8A3E733")
    assert command_mac(how, SMI, unhex("8418000008"), b"", ATC, ac) == unhex("A4805748F846D851")


def test_visa_17_signs_amount_number_counter_and_one_byte() -> None:
    how = METHODS[VISA, 0x11]
    iad = unhex("06011103A00000")
    assert (
        how.checked == "memory"
    )  # no public vector: what stands here is the data set, not its result
    ac = compute(how, AC, ONE, iad)
    assert compute(how, AC, ONE | {"95": bytes(5)}, iad) == ac
    assert compute(how, AC, ONE | {"9F02": bytes(6)}, iad) != ac


def test_what_is_missing_is_named() -> None:
    with pytest.raises(NotVerifiable, match="9F1A, 9F37 not in this capture"):
        compute(
            METHODS[VISA, 0x0A],
            AC,
            {tag: b"" for tag in METHODS[VISA, 0x0A].fields if tag not in ("9F1A", "9F37")},
            b"",
        )
    with pytest.raises(NotVerifiable, match="an ATC has 2 bytes, this one 0"):
        answer(METHODS[MASTERCARD, 0x14], AC, {}, bytes(8), bytes(10))


def test_every_method_says_what_it_is() -> None:
    assert all(isinstance(how, Method) and how.name for how in METHODS.values())
    assert len({how.name for how in METHODS.values()}) == len(METHODS)
