# SPDX-License-Identifier: MIT
"""Cards that know who somebody is: what their rows read and hide, damaged and cut first; and what stays in sight."""

from __future__ import annotations

import json

import pytest

import cardlib
from cardlib.show.json import to_json

CONTAINER = ("00A4040007A0000000790100", "9000")


def hexed(text: str) -> str:
    return text.encode().hex().upper()


def captured(*lines: str) -> cardlib.Capture:
    """A capture of alternating commands and answers."""
    marked = [f"{'><'[place % 2]} {line}" for place, line in enumerate(lines)]
    return cardlib.read_text("\n".join(marked) + "\n")


def printed(*lines: str) -> str:
    """Everything that is shown of a capture of these halves, without blanks."""
    capture = captured(*lines)
    trees = "".join(str(exchange) for exchange in capture.exchanges)
    return "".join(f"{capture}{trees}{json.dumps(to_json(capture, False, nodes=True))}".split())


ZONE = "I<UTOX9Z8Y7W6V5<<<<<<<<<<<<<<<8001017F3301019UTO<<<<<<<<<<<4NEUMANN<<VIOLA<<<<<<<<<<<<<<<<"
DG1 = f"615D5F1F5A{hexed(ZONE)}"
PASSPORT = ("00A4040C07A0000002471001", "9000")
USIM = ("00A4040C10A0000000871002FFFFFFFF8907090000", "9000")
HIDDEN = {
    "a zone of which the beginning is missing": (
        (*PASSPORT, "00A4020C020101", "9000", "00B0002400", f"{DG1[72:]}9000"),
        (hexed("NEUMANN"), "NEUMANN"),
    ),
    "a zone of a wrong length": (
        (*PASSPORT, "00B0810000", f"61105F1F0D{hexed('NEUMANN<VIOLA')}9000"),
        (hexed("NEUMANN"), "NEUMANN"),
    ),
    "DG11 that is no TLV": (
        (*PASSPORT, "00B08B0000", f"{hexed('NEUMANN VIOLA')}9000"),
        (hexed("NEUMANN"), "NEUMANN"),
    ),
    "a zone in three pieces": (
        (
            *(*PASSPORT, "00A4020C020101", "9000", "00B0000004", f"{DG1[:8]}9000"),
            *("00B0000420", f"{DG1[8:72]}9000", "00B0002440", f"{DG1[72:]}9000"),
        ),
        (hexed("NEUMANN"), "NEUMANN", hexed("X9Z8Y7W6V"), "X9Z8Y7W6V"),
    ),
    "an IMSI in two reads": (
        (*USIM, "00B0870005", "08091010219000", "00B0870504", "436587099000"),
        ("101021", "436587"),
    ),
    "an IMSI from the middle of its file": (
        (*USIM, "00A4000C026F07", "9000", "00B0000306", "1021436587099000"),
        ("10214365",),
    ),
    "the ICCID of a SIM of the second generation": (
        ("A0A40000023F00", "9F17", "A0A40000022FE2", "9F0F", "A0B000000A", f"98{'09' * 9}9000"),
        ("9809090909", "8990909090"),
    ),
    "a number of one's own, by its path": (
        (
            "00A40804047FFF6F40",
            "9000",
            "00B201041C",
            f"{'FF' * 14}0791947111003254F6{'FF' * 5}9000",
        ),
        ("9471110032", "4917110023"),
    ),
    "a short message": (
        (*USIM, "00A4000C026F3C", "9000", "00B20104B0", f"01{hexed('CALL ME AT ONCE')}9000"),
        (hexed("CALL ME"),),
    ),
    "where a phone was": (
        (*USIM, "00B08B000B", "51E2265B62F21037211E009000"),
        ("51E2265B",),
    ),
    "the number of a phone, told to the card": (
        (
            "8014000016",
            "9000",
            f"8014000016810301260182028281830100{'1408'}3A65439876543210",
            "9000",
        ),
        ("6543987654",),
    ),
    "what a user typed for a card": (
        (f"80140000168103012300820282818301008D0804{hexed('ROSEBUD')}", "9000"),
        (hexed("ROSEBUD"), "ROSEBUD"),
    ),
    "a Belgian identity, directory by directory": (
        (
            *("00A4000C023F00", "9000", "00A4000C02DF01", "9000", "00A4000C024031", "9000"),
            *("00B0000000", f"0807{hexed('NEUMANN')}9000"),
        ),
        (hexed("NEUMANN"),),
    ),
    "an Estonian code": (
        (
            *("00A4040010A000000077010800070000FE00000100", "9000", "00A4020C025006", "9000"),
            *("00B0000000", f"{hexed('48010010001')}9000"),
        ),
        (hexed("48010010001"), "48010010001"),
    ),
    "the insured": (
        ("00A4040C06D27600000102", "9000", "00B0810000", f"000B1F8B{hexed('NEUMANN')}9000"),
        (hexed("NEUMANN"),),
    ),
    "an eSIM on its own channel": (
        (
            *("0070000001", "019000", "01A4040010A0000005591010FFFFFFFF8900000100", "9000"),
            *("81E2910006BF3E035C015A", "BF3E125A10890490321234512345123456789012359000"),
        ),
        ("89049032123451",),
    ),
    "the number of a card, and again": (
        ("FFCA000000", "04A1B2C3D4E5F69000", "80CA0F0100", "FF04A1B2C3D4E5F6FF9000"),
        ("04A1B2C3D4E5F6",),
    ),
}
STAYS = {
    "an object identifier of PACE": (
        (
            "00A4020C02011C",
            "9000",
            "00B0000000",
            "31143012060A04007F00070202040204020102020110" + "9000",
        ),
        "0.4.0.127.0.7.2.2.4.2.4",
    ),
    "a command of the toolkit that was performed": (
        ("801400000C810301210082028281830100", "9000"),
        "DISPLAYTEXT",
    ),
    "a label of decimal digits in hex": (
        ("00A4040007A000000003201000", f"6F168407A0000000032010A50B5009{hexed('VISA CARD')}9000"),
        "VISACARD",
    ),
    "two hashes of threes": (
        (
            *("00A4040008A0000006472F000100", "5532465F56329000"),
            *(f"000103004033{'33' * 63}00", "6985"),
        ),
        "33" * 12,
    ),
    "a merchant in GBK": (
        (
            *("00A4040008A00000033301010100", "9000", "80CA9F4F00", "9F4F039F4E089000"),
            *("00B2015C00", "B9FAC3F1B3ACCAD0" + "9000"),
        ),
        "国民超市",
    ),
}


@pytest.mark.parametrize("what", HIDDEN)
def test_it_is_hidden(what: str) -> None:
    lines, secrets = HIDDEN[what]
    text = printed(*lines)
    assert [secret for secret in secrets if secret in text] == []
    assert secrets[0] in json.dumps(to_json(captured(*lines), reveal=True))


def test_a_short_identifier_is_of_the_directory_that_is_selected() -> None:
    """The second file of the root of a health card is not the second of its application."""
    text = printed(
        *("00A4040C07D2760001448000", "9000", "00B0820000", "5A0A802760010112345678909000"),
        *("00B2028400", "03000000009000"),
        *("00A4040C06D27600000102", "9000", "00B0820008", "00080010001100209000"),
    )
    names = ("EF.GDO(serialnumber)", "EF.Version", "EF.VD(insurancedata)")
    places = [text.find(name) for name in names]
    assert -1 not in places and places == sorted(places)
    assert "EF.NFD" not in text and "80276001" not in text


@pytest.mark.parametrize("what", STAYS)
def test_it_stays(what: str) -> None:
    lines, expected = STAYS[what]
    text = printed(*lines)
    assert expected in text and "***" not in text


@pytest.mark.parametrize(
    ("aid", "name"),
    [
        ("A000000677010111", "PromptPay (Thailand)"),
        ("D27600014601", "Health professional card (HBA), root"),
        ("D27600000102", "Health card (eGK), DF.HCA"),
        ("D27600014606", "Card of a health institution (SMC-B), root"),
    ],
)
def test_names_of_aids(aid: str, name: str) -> None:
    text = printed(f"00A40400{len(aid) // 2:02X}{aid}00", "6A82")
    assert "".join(name.split()) in text


def test_files_of_people_show_their_structure_and_hide_the_values() -> None:
    """A Belgian identity in two reads, the second from the middle of an object; the data of a German insured."""
    belgian = cardlib.read_text(
        "> 00A4000C024031\n< 9000\n"
        "> 00B000000F\n< 030A30312E30352E323032340706419000\n"
        "> 00B0000F0A\n< 4243444546080347484900009000\n"
    )
    first, second = (str(exchange) for exchange in belgian.exchanges[1:])
    assert "03 valid from  30312E30352E32303234  = 01.05.2024" in first
    assert "08 first names  ******  = ***" in second
    assert "07 name  **********" in second
    german = cardlib.read_text(
        "> 00A4040C06D27600000102\n< 9000\n> 00B0820000\n< 0008000BFFFFFFFF1F8B08009000\n"
    )
    text = str(german.exchanges[-1])
    assert "last of the insurance data  000B  = 11" in text
    assert "compressed data  ********" in text


def test_health_cards_of_taiwan_and_france_hide_their_holders() -> None:
    """A made-up insured: the dates and the sex are hidden, too; the issue date is not."""
    person = "000000000001" + "JANE DOE".ljust(20) + "A123456789" + "0790101" + "F" + "1100101"
    taiwan = cardlib.read_text(
        "> 00A4040010D1580000010000000000000000001100\n< 9000\n"
        f"> 00CA110002000000\n< {person.encode().hex()}9000\n"
    )
    shown = str(taiwan.exchanges[-1])
    assert "31313030313031  = 1100101" in shown
    assert not any(word in shown for word in ("JANE", "A123456789", "0790101"))
    french = cardlib.read_text(
        "> 00A404000BD250000002564954414C45\n< 9000\n"
        "> 00CA006500\n< 650E8003444F4581044A414E459301329000\n"
    )
    shown = str(french.exchanges[-1])
    assert "93 Social security number" in shown and "80 Surname  ******" in shown
    assert "444F45" not in shown and "JANE" not in shown


def test_a_smartcard_hsm_lists_what_it_holds() -> None:
    listed = cardlib.read_text(
        "> 00A404000BE82B0601040181C31F0201\n< 9000\n> 0058000000\n< CC00CC01C401CE019000\n"
    )
    shown = str(listed.exchanges[-1])
    for kind in ("key", "description of a private key", "certificate"):
        assert f"= kind {kind}; number" in shown


def test_the_name_of_a_workshop_is_no_surname() -> None:
    """Cards of workshops have its name and address before the holder (Regulation 2016/799, 1C, appendix 1)."""
    card = b"\x0d" + b"D" * 16 + b"\x01" + b" " * 35 + b"\x65\x92\x00\x80" * 3
    names = b"".join(
        b"\x01" + name.ljust(35) for name in (b"WERKSTATT", b"ORT", b"MUSTER", b"ERIKA")
    )
    workshop = cardlib.read_text(
        "> 00A4040C06FF544143484F\n< 9000\n> 00A4020C020520\n< 9000\n"
        f"> 00B00000D3\n< {(card + names + b'de').hex()}9000\n"
    )
    shown = str(workshop.exchanges[-1])
    assert "valid to" in shown and "holder" in shown and "surname" not in shown
    assert not any(name in shown for name in ("WERKSTATT", "MUSTER", "date of birth"))


def test_a_container_of_a_common_access_card_is_read_in_its_two_buffers() -> None:
    """The tags are shown; the values, which name the holder, and what the private key gave are not."""
    text = printed(
        *(*CONTAINER, "8052000002010200", "04009000"),
        *("8052000202010400", "70FFE8039000"),
        *("8052000202020800", f"{hexed('DOE.JANE')}9000"),
        *("8042000003000101", "C0FFEE9000"),
    )
    assert "READBUFFER" in text and "tagcertificate;bytes255;numberofbytes1000" in text
    assert "DOE.JANE" not in text and hexed("DOE.JANE") not in text and "C0FFEE" not in text
    other = printed("00A4040008A000000151000000", "9000", "8052000002010200", "04009000")
    assert "READBUFFER" not in other
