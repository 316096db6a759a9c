# SPDX-License-Identifier: MIT
"""How much of each payment capture is explained, and every byte that is not: the lists here may only become shorter.

What counts is told in benchmarks/explained.py. Left out are the captures that hold no payment with a payment card
(SIM, transit, identity, access), and scsniff, whose format is not read.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import cardlib
from benchmarks.explained import main, table
from conftest import ROOT

LEAST = 0.95
GPO, RECORD, ALONE = (
    "GET PROCESSING OPTIONS",
    "READ RECORD, response",
    "answer without a command, response",
)
CSU = "EXTERNAL AUTHENTICATE, command: 91/card status update (CSU)"
FCI = "SELECT, response: 6F/A5/BF0C"

# A terminal type EA does not exist. DF4F and DF61 are the issuers' own, as are the rest of the issuer application
# data and of the third party data. Four zero bytes are no answer, 55 66 77 88 sets bits of a card status update that
# do not exist or are the issuer's own, and of the CVR of Amex few bits are known. The second byte of the AIP means
# nothing for CB. In the devnied files issuer application data is of no layout: none is known of CB, 1A 23 is no CVN
# and length. InteractPpse was edited: it has the AID of Interac, but the mag-stripe data of Mastercard.
GAPS: dict[str, dict[str, int]] = {
    "emv-bertlv/amex-cda-in.txt": {f"{GPO}, command: 83/9F35": 1},
    "emv-bertlv/amex-msd-mobile.txt": {
        f"{GPO}, command: 83/9F35": 1,
        "GENERATE AC, response: 77/9F10/CVR": 3,
    },
    "emv-bertlv/contact-mastercard-in.txt": {f"{RECORD}: 70/DF4F": 12},
    "emv-bertlv/contact-visa-in.txt": {
        "GENERATE AC, response: 80/9F10/issuer discretionary data": 15,
        f"{RECORD}: data": 4,
        f"{CSU}/proprietary data, PIN try counter": 1,
        f"{CSU}/discretionary bits": 1,
    },
    "devnied-emv/LockedCard.txt": {},
    "devnied-emv/MasterCardPpse.txt": {
        f"{GPO}, response: 77/82": 2,
        f"{RECORD}: 77/9F10/proprietary data": 14,
        f"{FCI}/DF61": 5,
    },
    "devnied-emv/VisaCardPpse.txt": {
        f"{GPO}, response: 77/9F10/proprietary data": 7,
        f"{RECORD}: 77/9F10/proprietary data": 7,
        f"{FCI}/DF61": 2,
    },
    "devnied-emv/VisaCardPse.txt": {f"{FCI}/DF61": 1},
    "nfsee/mastercard.txt": {f"{FCI}/9F6E/proprietary data": 1},
    "nfsee/visa.txt": {},
    "proxmark3/hf_visa_apple_ecp.trace": {f"{FCI}/BF63": 3, f"{FCI}/BF63/DF20": 4},
}
EDITED = {"devnied-emv/InteractPpse.txt": 0.79}
SIZES = {
    "9F6C": 5,
    "9F62": 9,
    "9F63": 9,
    "9F64": 4,
    "9F65": 5,
    "9F66": 5,
    "9F6B": 22,
    "9F67": 4,
    "9F6E": 10,
}
GAPS["devnied-emv/InteractPpse.txt"] = {f"{ALONE}: 70/{tag}": size for tag, size in SIZES.items()}
TRACES = tomllib.loads((ROOT / "traces" / "traces.toml").read_text("utf-8"))
OURS: dict[str, dict[str, int]] = {
    name: {} for name, row in TRACES.items() if "transactions" in row
}
OURS["damaged.log"] = {"GET DATA, response: data": 4}
# M/Chip's layout under an AID of Visa
OURS["attack_brand.card.jsonl"] = {f"{GPO}, response: 77/9F10/proprietary data": 18}


@pytest.mark.parametrize("name", GAPS)
def test_shared_payment_captures(real_captures: Path, name: str) -> None:
    total, explained, _, gaps = table(cardlib.read(real_captures / name))
    assert gaps == GAPS[name]
    assert total - sum(gaps.values()) == explained
    assert explained / total >= EDITED.get(name, LEAST)


def test_all_of_them_together(real_captures: Path) -> None:
    tables = [table(cardlib.read(real_captures / name)) for name in GAPS]
    assert (
        sum(explained for _, explained, _, _ in tables) / sum(total for total, *_ in tables)
        >= 0.975
    )


@pytest.mark.parametrize("name", OURS)
def test_payments_of_the_project(name: str) -> None:
    total, explained, _, gaps = table(cardlib.read(ROOT / "traces" / name))
    assert gaps == OURS[name]
    assert explained / total >= 0.98


# Chips with commands of their own, and DESFire. What a file of an unknown application or a block of an unknown issuer
# holds, no row says: the last two are mostly such content.
CONTENT = "READ DATA, response: content of the file"
BLOCK_6 = "Application block 6 (as HID uses it for access control)"
PARTS = ("proprietary byte", "proprietary bits, length of PIN")
CHIPS: dict[str, tuple[float, dict[str, int]]] = {
    "proxmark3/hf_14a_mfu.trace": (1, {}),
    "proxmark3/hf_14a_mfuc_defaultkey.trace": (1, {}),
    "proxmark3/hf_15_reader.trace": (1, {}),
    "proxmark3/hf_mf_hid_sio_sim.trace": (1, {}),
    "proxmark3/hf_iclass_sniff.trace": (
        0.97,
        {
            f"{command}, response: {BLOCK_6}/{part}": 1
            for command in ("READ", "READ4")
            for part in PARTS
        },
    ),
    "proxmark3/hf_mfdes_sniff.trace": (0.96, {CONTENT: 5}),
    "nfc-laboratory/test_NFC-F_212kbps_001.json": (1, {}),
    "nfc-laboratory/test_NFC-V_26kbps_001.json": (1, {}),
    "nfc-laboratory/test_NFC-A_106kbps_004.json": (0.39, {CONTENT: 59}),
    "nfc-laboratory/test_NFC-A_106kbps_212kbps_001.json": (1, {}),
}


@pytest.mark.parametrize("name", CHIPS)
def test_chips(real_captures: Path, name: str) -> None:
    least, wanted = CHIPS[name]
    total, explained, _, gaps = table(cardlib.read(real_captures / name))
    assert gaps == wanted
    assert explained / total >= least


def test_chips_all_together(real_captures: Path) -> None:
    tables = [table(cardlib.read(real_captures / name)) for name in CHIPS]
    total = sum(size for size, *_ in tables)
    assert sum(explained for _, explained, *_ in tables) / total >= 0.93


# Chinese cards, from lists of pairs in which some files are read before anything says whose they are. The second number
# are the bytes of a gap that a public reader gives a meaning in another order: of Beijing's file number, version and
# dates, of Chongqing's number and date, of Tsinghua's files name, two numbers and two dates. Of all others nobody
# knows a meaning.
FILE = "READ BINARY, response: data"
EXTRA = ("READ SERIAL NUMBER", "SELECT", "READ MANAGEMENT NUMBER")
CITY_CARDS: dict[str, tuple[dict[str, int], int]] = {
    "nfsee/beijing.txt": ({FILE: 32}, 19),
    "nfsee/chongqing.txt": ({FILE: 48}, 12),
    "nfsee/mastercard.txt": (GAPS["nfsee/mastercard.txt"], 0),
    "nfsee/resident-id.txt": (
        {
            "READ MANAGEMENT NUMBER, response: Management number of the card/further data": 16,
            **{f"{command}, response: extra": 1 for command in EXTRA},
        },
        0,
    ),
    "nfsee/shenzhen.txt": ({"SELECT, response: 6F/A5/9F0C/further data": 2}, 0),
    "nfsee/t-union.txt": ({}, 0),
    "nfsee/tsinghua.txt": ({FILE: 71}, 40),
    "nfsee/visa.txt": ({}, 0),
    "nfsee/wuhan.txt": ({}, 0),
}


def test_chinese_cards(real_captures: Path) -> None:
    explained = missed = 0
    for name, (wanted, known_elsewhere) in CITY_CARDS.items():
        _, size, _, gaps = table(cardlib.read(real_captures / name))
        assert gaps == wanted, name
        explained += size
        missed += known_elsewhere
    assert explained / (explained + missed) >= 0.94


SELECT = "> 00A4040007A0000000031010\n< 6A82\n> 00A4040007A0000000031010\n< 9000\n"
SIZE = 14 + 14
CASES = [
    # behind SELECT: lines of a capture, their bytes, what is not explained
    ("> 80EE010C021122\n< AABB6EEE", 11, {"": 9}),
    ("> 00B2010C00\n< 70065A0212349000", 13, {f"{RECORD}: 70": 2}),
    ("> 80CA9F3600\n< 9F36020001900000", 13, {"GET DATA, response: extra": 1}),
    ("> 00B2010C00\n< 7004DF7F010F9000", 13, {f"{RECORD}: 70/DF7F": 4}),
    ("> 00B2010C00\n< 70069C01429A01019000", 15, {f"{RECORD}: 70/9C": 1, f"{RECORD}: 70/9A": 1}),
    (
        "> 00B2010C00\n< 70089F10050601019900" + "9000",
        17,
        {f"{RECORD}: 70/9F10/proprietary data": 5},
    ),
    ("> 00B2010C00\n< 70095707123D20120000FF9000", 18, {f"{RECORD}: 70/57": 3}),
    ("> 00B2010C00\n< 70045A0212349000", 13, {}),
]


@pytest.mark.parametrize(("lines", "size", "gaps"), CASES)
def test_what_counts(lines: str, size: int, gaps: dict[str, int]) -> None:
    total, explained, _, found = table(cardlib.read_text(SELECT + lines + "\n"))
    if "" in gaps:
        found = {"": sum(found.values())}
    assert (total, found) == (SIZE + size, gaps)
    assert explained == total - sum(gaps.values())


def test_the_table_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    main([str(ROOT / "traces" / "damaged.log")])
    assert capsys.readouterr().out.splitlines() == [
        " 98.10% of    211 bytes, 0.00% from memory  damaged.log",
        "         4  GET DATA, response: data",
    ]
