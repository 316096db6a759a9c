# SPDX-License-Identifier: MIT
"""The dialogues that made-up logs tell: those of the shipped traces, and short ones of other applications.

A dialogue is a list of groups. A group holds the pairs on the wire that belong to one exchange: one, or more where
GET RESPONSE, a repetition after 6Cxx or a chain follows. All data here are made up.
"""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import cardlib
from cardlib.core.model import Exchange

TRACES = Path(__file__).resolve().parent.parent / "traces"
Pair = tuple[str, str]
Group = tuple[Pair, ...]
Dialogue = tuple[Group, ...]


def tlv(tag: str, *values: str) -> str:
    """A BER-TLV object in hex."""
    value = "".join(values)
    size = len(value) // 2
    length = f"{size:02X}" if size < 128 else f"81{size:02X}"
    return tag + length + value


def with_lc(header: str, data: str, le: str = "") -> str:
    """A short command APDU in hex."""
    return f"{header}{len(data) // 2:02X}{data}{le}"


def filler(text: str, size: int) -> str:
    """Bytes that look random and are the same in each run."""
    return random.Random(text).randbytes(size).hex().upper()


def single(*halves: str) -> Dialogue:
    """A dialogue of commands and answers in turn that nothing joins."""
    return tuple((pair,) for pair in zip(halves[::2], halves[1::2], strict=True))


PIV_TEMPLATE = tlv("61", tlv("4F", "000010000100"), tlv("79", tlv("4F", "A000000308")))
PIV_CHAIN = tlv("7C", tlv("82", ""), tlv("81", filler("piv challenge", 256 - 6)))
PIV: Dialogue = (
    *single("00A404000BA00000030800001000010000", PIV_TEMPLATE + "9000"),
    *single("00CB3FFF035C017E00", tlv("7E", tlv("4F", "A0000003080000100001")) + "9000"),
    *single("00CB3FFF055C035FC10900", "6982"),
    *single("0020008008313233343536FFFF", "63C2", "0020008008363534333231FFFF", "9000"),
    *single(
        "00CB3FFF055C035FC10900",
        tlv("53", tlv("01", "4A414E4520444F45"), tlv("02", "454D504C4F594545"), "FE00") + "9000",
    ),
    (
        (with_lc("1087079A", PIV_CHAIN[:400]), "9000"),
        (
            with_lc("0087079A", PIV_CHAIN[400:], "00"),
            tlv("7C", tlv("82", filler("p", 64))) + "6108",
        ),
        ("00C0000008", filler("piv rest", 8) + "9000"),
    ),
    *single("0087039B047C02810000", tlv("7C", tlv("81", filler("piv", 8))) + "9000"),
)


def protected(header: str, name: str, data: int, answer: int) -> Pair:
    """A command under secure messaging and its answer, with blocks that nobody can open."""
    objects = "87" + f"{data + 1:02X}01" + filler(name, data) if data else "970104"
    command = with_lc(header, objects + tlv("8E", filler(name + "mac", 8)), "00")
    block = tlv("87", "01" + filler(name + "answer", answer)) if answer else ""
    return command, block + "99029000" + tlv("8E", filler(name + "end", 8)) + "9000"


PASSPORT: Dialogue = (
    *single("00A4040C07A0000002471001", "9000", "0084000008", filler("rnd", 8) + "9000"),
    *single(
        with_lc("00820000", filler("bac", 40), "28"),
        filler("bac answer", 40) + "9000",
    ),
    (protected("0CA4020C", "select", 8, 0),),
    (protected("0CB00000", "read 1", 0, 8),),
    (protected("0CB00004", "read 2", 0, 24),),
    (protected("0CA4020C", "select dg1", 8, 0),),
    (protected("0CB00000", "read 3", 0, 96),),
)
PASSPORT_PLAIN = single(
    *("00A4040C07A0000002471001", "9000", "00A4020C02011E", "9000"),
    *("00B0000004", "60165F01" + "9000", "00B0000414", "0430313037" + filler("com", 15) + "9000"),
    *("00A4020C020101", "6982", "0084000008", filler("challenge", 8) + "9000"),
    *("0022C1A40F800A04007F00070202040204830101", "9000"),
    *(with_lc("10860000", "7C00", "00"), tlv("7C", tlv("80", filler("nonce", 16))) + "9000"),
)
TUNION_15 = (
    "01011000FFFFFFFF0201031051700701047913812019071820401231000000000000000000000000000000000000"
)
TUNION = single(
    "00A4040008A00000063201010500",
    tlv(
        *("6F", tlv("84", "A000000632010105")),
        tlv(
            *("A5", tlv("9F08", "01")),
            tlv("9F0C", "01011000FFFFFFFF02010310517007010479138120190718204012310001"),
        ),
    )
    + "9000",
    *("00B097000B", "0000015658005840000101" + "9000", "00B095001E", TUNION_15[:60] + "9000"),
    *("805C000204", "0000C350" + "9000", "805C030204", "000004D2" + "9000"),
    *("00B201C417", "0007000000000000C8091122334455662024010203040500" + "9000"),
    *("00B202C417", "0006000000000003E8021122334455662024010112000000" + "9000"),
    *("00B203C417", "6A83", "805001020B01000003E8112233445566", "6985"),
)
CITY = single(
    *("00A40000023F00", "9000", "00A4000002100100"),
    tlv("6F", tlv("84", "5041592E535A54"), tlv("A5", tlv("9F08", "02"))) + "9000",
    *("00B0950021", "0009000401F1000550A3000119022522073100041237007D01F407D01E00140101" + "9000"),
    *("805C000104", "8000164E9000", "00B201C400", filler("city", 23) + "9000"),
    *("00B202C400", "6A83"),
)
DESFIRE = single(
    *("9060000000", "0401013300160591AF", "90AF000000", "0401010104160591AF"),
    *("90AF000000", "04A1B2C3D4E5F6BA1122334455" + "1523" + "9100"),
    *("905A000003F4815000", "9100", "906F000000", "01030405" + "9100"),
    *("90F500000104" + "00", "0000E0EE2000009100"),
    *("90BD0000070400000010000000", filler("desfire", 16) + "9100"),
    *("906C0000010100", "E80300009100", "90AA0000010000", filler("ev1", 16) + "91AF"),
    *(with_lc("90AF0000", filler("ev1 proof", 32), "00"), "91AE"),
)
FIDO = single(
    *("00A4040008A0000006472F000100", "4649444F5F325F309000"),
    "80108000010400",
    "00A60181684649444F5F325F3003" + "50" + filler("aaguid", 16) + "04A162726BF5051904B0" + "9000",
    *("00030000000000", "5532465F56329000"),
    with_lc("00010300", filler("u2f", 64), "00"),
    "6985",
    with_lc("80108000", "06A2010102" + "02", "00"),
    "00A101A5010203381820012158209000",
)
OPENPGP = single(
    *("00A4040006D27600012401", "9000"),
    "00CA006E00",
    tlv(
        *("6E", tlv("4F", "D2760001240103040006123456780000")),
        *(tlv("5F52", "00310573C001E005900000"[:20]), tlv("73", tlv("C0", "750002FF08FF00FF0000"))),
    )
    + "9000",
    "00CA006500",
    tlv("65", tlv("5B", "446F653C3C4A616E65"), tlv("5F2D", "656E"), tlv("5F35", "39")) + "9000",
    *("00CA00C400", "017F7F7F030003" + "9000", "0020008106313233343536", "9000"),
    with_lc("002A9E9A", "3031300D060960864801650304020105000420" + filler("hash", 32), "00"),
    filler("signature", 64) + "9000",
    *("0020008306313131313131", "63C2"),
)
SIM_2G: Dialogue = (
    (
        ("A0A40000023F00", "9F17"),
        ("A0C0000017", "000049213F000100000000000A9300090400838A838A" + "009000"),
    ),
    (
        ("A0A40000027F20", "9F17"),
        ("A0C0000017", "0000FFFF7F200200000000000A8201130400838A838A" + "009000"),
    ),
    (
        ("A0A40000026F07", "9F0F"),
        ("A0C000000F", "000000096F070400110022010200009000"),
    ),
    *single("A0B0000009", "080910100000000010" + "9000"),
    *single(
        "A0A40000026F46", "9404", "A0F2000016", "0000FFFF7F200200000000000A8201130400838A838A9000"
    ),
    *single(
        with_lc("A0880000", filler("rand", 16)), "9F0C", "A020000108313233" + "34FFFFFFFF", "9804"
    ),
)
EUICC: Dialogue = (
    *single("0070000001", "019000"),
    (
        ("01A4040010A0000005591010FFFFFFFF8900000100", "6121"),
        (
            "01C0000021",
            tlv(
                "6F",
                tlv("84", "A0000005591010FFFFFFFF8900000100")[:36],
                tlv("A5", tlv("9F65", "FF"), tlv("73", "06025A0101")),
            )
            + "9000",
        ),
    ),
    (
        ("81E2910006BF3E035C015A", "6115"),
        ("01C0000015", tlv("BF3E", tlv("5A", "89049032123451234512345678901235")) + "9000"),
    ),
    (
        ("81E2910003BF2D00", "6120"),
        (
            "01C0000020",
            tlv(
                "BF2D",
                tlv(
                    "A0",
                    tlv(
                        "E3",
                        tlv("5A", filler("iccid", 10)),
                        tlv("9F70", "01"),
                        tlv("91", "44656D6F53494D"),
                    ),
                ),
            )
            + "9000",
        ),
    ),
    *single("0070800100", "9000"),
)
GLOBALPLATFORM = single(
    *(
        "00A4040000",
        tlv("6F", tlv("84", "A000000151000000"), tlv("A5", tlv("9F65", "FF"))) + "9000",
    ),
    *("80CA9F7F00", "6A88", "8050000008" + filler("host", 8) + "00"),
    "00000000000000000000" + "0103" + filler("card", 16) + "9000",
    with_lc("84820300", filler("cryptogram", 16)),
    "9000",
    *("84F280020A4F00" + filler("mac", 8) + "00", "E30F4F08A0000001510000009F70010F"[:34] + "9000"),
    *("80F24002024F0000", "6A88"),
)
EID = single(
    *("00A4080C063F00DF014031", "9000", "00B0000000", filler("eid", 200) + "9000"),
    *("00B000C800", "6B00", "80E4000000", filler("eid card data", 28) + "9000"),
    *("002241B60580018484" + "83", "9000", "00200001082C123456FFFFFFFF"[:26], "9000"),
)
OATH = single(
    *("00A4040007A0000005272101", tlv("79", "050403") + tlv("71", filler("oath", 8)) + "9000"),
    *("00A10000", tlv("72", "21" + b"demo:alice".hex().upper()) + "9000"),
    with_lc("00A20001", tlv("71", b"demo:al".hex().upper()) + tlv("74", "00000000000000A1"), "00"),
    tlv("76", "06" + filler("code", 4)) + "9000",
    *("00A20001" + "02" + "7100", "6984"),
)
NDEF = single(
    *("00A4040007D276000085010100", "9000", "00A4000C02E103", "9000"),
    *("00B000000F", "000F20003B00340406E10400FE00009000", "00A4000C02E104", "9000"),
    *(
        "00B0000002",
        "0013" + "9000",
        "00B0000213",
        "D1010F5504" + b"example.org/ab".hex().upper() + "9000",
    ),
    *("00D600000200" + "00", "6982"),
)
CALYPSO = single(
    *("00A4040008315449432E494341" + "00",),
    tlv("6F", tlv("84", "315449432E494341"), tlv("A5", tlv("BF0C", tlv("C7", filler("csn", 8)))))
    + "9000",
    *("00B201A400", filler("calypso", 29) + "9000", "00B2013C00", filler("env", 29) + "9000"),
    *("00B2014400", "6A83", "008A0B3904" + filler("session", 4) + "00", "6985"),
)
BY_HAND = {
    "PIV": PIV,
    "ePassport SM": PASSPORT,
    "ePassport": PASSPORT_PLAIN,
    "T-Union": TUNION,
    "city card": CITY,
    "DESFire": DESFIRE,
    "FIDO": FIDO,
    "OpenPGP": OPENPGP,
    "SIM": SIM_2G,
    "eUICC": EUICC,
    "GlobalPlatform": GLOBALPLATFORM,
    "eID": EID,
    "OATH": OATH,
    "NDEF": NDEF,
    "Calypso": CALYPSO,
}


def wire_pairs(exchange: Exchange) -> Group:
    """The pairs of an exchange as they went over the wire."""
    assert exchange.command is not None
    assert exchange.response is not None
    data = [frame.data.hex().upper() for frame in exchange.frames if frame.kind == "apdu"]
    if len(data) < 4:
        return ((exchange.command.raw.hex().upper(), exchange.response.raw.hex().upper()),)
    return tuple(zip(data[::2], data[1::2], strict=True))


@cache
def shipped() -> dict[str, tuple[Dialogue, ...]]:
    """The dialogues of the shipped traces, by application, each once."""
    dialogues: dict[Dialogue, str] = {}
    for path in sorted([*TRACES.glob("*.card.jsonl"), *TRACES.glob("*.pcapng")]):
        for session in cardlib.read(path).sessions:
            exchanges = [one for one in session.exchanges if one.command and one.response]
            names = {one.context.application for one in exchanges}
            name = "SIM" if "telecom" in names else "EMV"
            if path.name.startswith("recorded_idle"):
                continue  # the same command thirty times
            if len(exchanges) > 1:
                dialogues.setdefault(tuple(wire_pairs(one) for one in exchanges), name)
    daemon = cardlib.read(TRACES / "opensc_detects.pcscd.log").exchanges
    dialogues.setdefault(tuple(wire_pairs(one) for one in daemon), "many cards")
    by_name: dict[str, list[Dialogue]] = {}
    for dialogue, name in dialogues.items():
        by_name.setdefault(name, []).append(dialogue)
    return {name: tuple(group) for name, group in by_name.items()}


def joined(group: Group) -> Pair:
    """The one exchange that the pairs of a group make (ISO/IEC 7816-4, 5.1.1 and 5.3.3; TS 51.011, 9.3)."""
    command, answer = group[0]
    data = ""
    for next_command, next_answer in group[1:]:
        if answer[-4:-2] == "6C":
            command = next_command
        elif answer == "9000":
            size = int(next_command[8:10], 16) * 2
            command += next_command[10 : 10 + size] + next_command[10 + size :]
        else:
            data += answer[:-4]
        answer = next_answer
    return command, data + answer


def dialogue(rng: random.Random) -> tuple[str, Dialogue]:
    """A whole dialogue or a part of one, 2 to 30 exchanges, mostly few."""
    if rng.random() < 0.6:
        name, choices = rng.choice(sorted(shipped().items()))
        groups = rng.choice(choices)
    else:
        name, groups = rng.choice(sorted(BY_HAND.items()))
    size = rng.choice([2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 8, 9, 10, 12, rng.randint(13, 30)])
    if size >= len(groups):
        return name, groups
    start = rng.choice([0, 0, rng.randint(0, len(groups) - size)])
    return name, groups[start : start + size]
