# SPDX-License-Identifier: MIT
"""Data fields of card management: cut and foreign ones first, then published objects and every command."""

from __future__ import annotations

import pytest
from managed import captured, default, lines, nodes, words

from cardlib.core.model import Capture
from cardlib.road.meaning import tree
from traces.makers.bureau import Bureau, load_file

ISD = ["00A4040008A000000151000000", "6F108408A000000151000000A5049F6501FF9000"]


def managed(*wire: str) -> Capture:
    """Commands after the selection of the security domain; an answer of 9000 where none is given."""
    return captured([*ISD, *wire])


def shown(*wire: str) -> str:
    return " ".join(words(exchange) for exchange in managed(*wire).exchanges[1:])


def test_cut_commands_are_marked_and_nothing_breaks() -> None:
    data = bytes.fromhex("08F0434152444C494207F04341524401020304")
    wire = []
    for size in (1, 2, 8, 9, 10, 17, 18, 19):
        for ins in ("E6", "E8", "E4", "E2", "D8", "F0", "F2"):
            for p1 in ("00", "02", "0C", "20", "88"):
                for cla in ("80", "84"):
                    wire += [f"{cla}{ins}{p1}00{size:02X}{data[:size].hex()}", "9000"]
    read = managed(*wire)
    assert len(read.exchanges) == 561
    for exchange in read.exchanges:
        assert "decoder of" not in tree(exchange).error


def test_a_cut_install_says_where() -> None:
    assert "1 byte expected, none left" in shown("80E60C000908F0434152444C4942", "9000")
    assert "8 bytes declared, 4 bytes here" in shown("80E60C000508F0434152", "9000")


@pytest.mark.parametrize(
    ("p1", "name", "data", "parts"),
    [
        (
            "02",
            "INSTALL [for load]",
            "05F00102030405A000000003000000",
            ["load file AID F001020304", "security domain AID A000000003"],
        ),
        (
            "04",
            "INSTALL [for install]",
            "05F00102030405F00102030506F0010203040501800400",
            ["application AID", "security domain"],
        ),
        (
            "0C",
            "INSTALL [for install and make selectable]",
            "05F00102030405F00102030506F001020304050304160002C90000",
            ["privileges 041600", "global registry", "C9 application parameters"],
        ),
        (
            "20",
            "INSTALL [for personalization]",
            "000007A0000000041010000000",
            ["application AID A0000000041010"],
        ),
        (
            "10",
            "INSTALL [for extradition]",
            "05A00000000300" + "05F001020304" + "00" + "00" + "00",
            ["security domain AID A000000003", "application AID F001020304"],
        ),
        (
            "40",
            "INSTALL [for registry update]",
            "05A00000000300" + "05F001020304" + "0104" + "00" + "00",
            ["privileges 04", "card reset"],
        ),
    ],
)
def test_install_in_all_forms(p1: str, name: str, data: str, parts: list[str]) -> None:
    text = shown(f"80E6{p1}00{len(data) // 2:02X}{data}", "009000")
    assert name in text
    for part in parts:
        assert part in text
    assert "confirmation length 00" in text


def test_the_registry_in_its_old_form() -> None:
    text = shown("80F28000024F00", "08A000000003000000019E9000")
    assert "life cycle 01 = OP_READY" in text and "card lock" in text
    text = shown("80F24000024F00", "07A00000000410100700" + "05F001020304" + "8704" + "9000")
    assert text.count("SELECTABLE") == 2 and "locked yes" in text
    text = shown("80F21000024F00", "05F0010203040100" + "01" + "06F00102030405" + "9000")
    assert "module count 01 = 1" in text and "AID F00102030405" in text


def test_a_cut_registry_is_marked_and_the_rest_read() -> None:
    text = shown("80F28000024F00", "08A000000003000000019E08A00000009000")
    assert "OP_READY" in text and "8 bytes declared, 4 bytes here" in text


def test_a_published_registry_entry() -> None:
    entry = (
        "E3464F08A0000000030000009F700101C5039EFE80CF0140CF0141CF0142CF0143CF0180CF0181CF0182"
        "CF0183C40BD276000005AAFFCAFE0001CE020001CC08A000000003000000"
    )
    read = managed("80F28002024F00", f"{entry}9000")
    found = nodes(read, 1)
    assert "4F AID A000000003000000" in words(read.exchanges[1])
    assert found["9F70"].text == "OP_READY"
    names = found["C5"].text.split("; ")
    assert len(names) == 13 and names[-1] == "receipt generation"
    assert found["C4"].text == "D276000005AAFFCAFE0001"
    text = words(read.exchanges[1])
    assert text.count("CF implicit selection") == 8
    assert "version of the load file 0001" in text
    short = shown("80F28002024F00", "E3144F07A00000015100009F700107C50180EA0280009000")
    assert "07 = INITIALIZED" in short and "EA UICC parameters 8000" in short


def test_published_card_data() -> None:
    jcop = (
        "664C734A06072A864886FC6B01600C060A2A864886FC6B02020101630906072A864886FC6B03640B06092A864886FC6B040215"
        "650B06092B8510864864020103660C060A2B060104012A026E0102"
    )
    text = shown("80CA006600", f"{jcop}9000")
    for oid in (
        "1.2.840.114283.1",
        "1.2.840.114283.2.2.1.1",
        "1.2.840.114283.3",
        "SCP02 option 15",
        "1.3.656.840.100.2.1.3",
        "1.3.6.1.4.1.42.2.110.1.2",
    ):
        assert oid in text
    raw = (
        "6657735506072A864886FC6B01600B06092A864886FC6B020202630906072A864886FC6B03640B06092A864886FC6B040370"
        "640B06092A864886FC6B048000650A06082A864886FC6B0504660C060A2B060104012A026E0103"
    )
    text = shown("80CA006600", f"{raw}9000")
    assert "SCP03 option 70" in text and "SCP80 option 00" in text
    fci = (
        "6F408407A0000001510000A535732F06072A864886FC6B01600C060A2A864886FC6B02020201630906072A864886FC6B03"
        "640B06092A864886FC6B0403709F6501FF9000"
    )
    text = words(captured(["00A4040007A0000001510000", fci]).exchanges[0])
    assert "SCP03 option 70" in text and "9F65" in text


def test_published_capabilities_and_keys() -> None:
    data = (
        "6735A00E8001038106001020306070820107A007800102810215558103FF9E0082031E160083010284018F8502FF02"
        "8602FF028702FF02"
    )
    text = shown("80CA006700", f"{data}9000")
    for part in ("SCP03", "SCP02", "AES-128; AES-192; AES-256", "SHA-256", "global registry"):
        assert part in text
    keys = "E020C00401018820C00402018820C00403018820C0060170A180A003C00401718010"
    text = shown("80CA00E000", f"{keys}9000")
    for part in ("AES; key length 32", "RSA modulus; key length 128", "DES; key length 16"):
        assert part in text
    assert "RSA public exponent; key length 3" in text
    extended = "E021C00401018010C00402018010C00403018010C00D0173FFA10080A0000301840100"
    assert "key length 0080 = 128" in shown("80CA00E000", f"{extended}9000")
    assert "= 30" in shown("80CA00C100", "C10300001E9000")


def test_published_production_data() -> None:
    cplc = (
        "9F7F2A47906A1582314176009661330000114A1424114261331143613311446133130B00000000000000000000"
    )
    read = managed("80CA9F7F00", f"{cplc}9000")
    found = nodes(read, 1)
    assert found["IC fabricator"].text == "4790" and found["IC type"].text == "6A15"
    assert found["operating system date"].text == "year ...4, day 176"
    assert found["module packaging date"].text == "year ...6, day 133"
    assert found["personalisation date"].text == "none"
    assert found["IC serial number"].value == bytes.fromhex("0000114A")


def test_a_load_file_is_joined_over_its_blocks() -> None:
    read = captured(lines(Bureau.load, default(), 1))
    blocks = [
        exchange for exchange in read.exchanges if exchange.command and exchange.command.ins == 0xE8
    ]
    assert len(blocks) == 3
    first, second, third = map(words, blocks)
    assert "01 header" in first and "Java Card" in first and "AID F0434152444C494201" in first
    assert "from byte 200 of the load file" in second and "continued" in second
    assert "from byte 400 of the load file" in third and "data" not in third


def test_a_block_without_those_before_it_is_not_read() -> None:
    text = shown("80E80001080102030405060708", "009000")
    assert "part of a load file" in text and "without what stands before" in text


def test_components_that_are_cut_off_tile() -> None:
    code = load_file()
    wire = []
    for cut in range(1, 250, 7):
        wire += [f"80E88000{cut:02X}{code[:cut].hex()}", "9000"]
    for exchange in managed(*wire).exchanges[1:]:
        half = tree(exchange).children[0]
        last = half.children[-1]
        assert not tree(exchange).error and last.name == "load file"
        assert sum(child.stop - child.start for child in last.children) == last.stop - last.start


def test_delete_and_status_of_the_card() -> None:
    text = shown("80E40080074F05F001020304", "009000")
    assert "4F application or load file F001020304" in text and "related objects" in text
    assert "P2 0F = SECURED" in shown("80F0800F00", "9000")


def test_a_channel_that_began_before_the_capture_is_not_guessed() -> None:
    text = shown("84E2800018" + "A7" * 24, "9000")
    assert "data, perhaps enciphered, with a MAC" in text
    text = shown(
        "84E60C002505F00102030405F00102030506F001020304050304160002C90000" + "B3" * 8, "9000"
    )
    assert "application AID" in text and "C-MAC B3B3B3B3B3B3B3B3" in text
