# SPDX-License-Identifier: MIT
"""Data files laid over each other: the closest row wins, tags of the specifications are there, misses are bounded."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardlib.core.dictionary import load, shipped
from cardlib.core.facts import MISSES, Facts, facts, instruction_case, named_instructions

BASE = ("iso7816", "emv")
SCHEMES = ("amex", "cb", "discover", "interac", "jcb", "mastercard", "unionpay", "visa")

ANNEX_A = """
42 4F 50 56 57 5A 61 6F 70 71 72 73 77 80 81 82 83 84 86 87 88 89 8A 8C 8D 8E 8F 90 91 92 93 94 95 97 98 99 9A 9B 9C
9D A5 5F20 5F24 5F25 5F28 5F2A 5F2D 5F30 5F34 5F36 5F50 5F53 5F54 5F55 5F56 5F57 9F01 9F02 9F03 9F04 9F05 9F06 9F07
9F08 9F09 9F0A 9F0B 9F0C 9F0D 9F0E 9F0F 9F10 9F11 9F12 9F13 9F14 9F15 9F16 9F17 9F18 9F19 9F1A 9F1B 9F1C 9F1D 9F1E
9F1F 9F20 9F21 9F22 9F23 9F24 9F25 9F26 9F27 9F2D 9F2E 9F2F 9F30 9F31 9F32 9F33 9F34 9F35 9F36 9F37 9F38 9F39 9F3A
9F3B 9F3C 9F3D 9F40 9F41 9F42 9F43 9F44 9F45 9F46 9F47 9F48 9F49 9F4A 9F4B 9F4C 9F4D 9F4E 9F4F BF0C 7F60 BF4A BF4B
BF4C BF4D BF4E
"""
SEEN = """
9F28 9F58 9F59 9F5A 9F5B 9F62 9F63 9F64 9F65 9F66 9F67 9F6B 9F6C 9F6E 9F70 9F71 9F7C 9F7F DF60 DF61
"""
OF_A_SCHEME = {
    "visa": "9F6C 9F6E 9F69 9F5D",
    "mastercard": "DF8129 DF8115 9F6B 9F69 9F5D",
    "amex": "9F6D 9F6E",
}


@pytest.mark.parametrize("tag", ANNEX_A.split())
def test_every_tag_of_annex_a_has_a_row(tag: str) -> None:
    assert facts(*BASE).find(tag).known


@pytest.mark.parametrize("tag", SEEN.split())
def test_every_tag_seen_in_captures_has_a_row(tag: str) -> None:
    assert any(facts(*BASE, "globalplatform", scheme).find(tag).known for scheme in SCHEMES)


def test_tags_of_a_scheme_are_unknown_before_the_scheme_is() -> None:
    for scheme, tags in OF_A_SCHEME.items():
        for tag in tags.split():
            assert not facts(*BASE).find(tag).known
            assert facts(*BASE, scheme).find(tag).known


BY_HAND = [
    ((), "9F27", "80", "ARQC: online authorisation asked"),
    ((), "9F27", "00", "AAC: declined"),
    (
        (),
        "95",
        "8000048000",
        "offline data authentication was not performed; online CVM captured (online PIN entered); floor limit exceeded",
    ),
    ((), "95", "80000480", None),
    (
        (),
        "82",
        "5C00",
        "SDA supported; cardholder verification supported; terminal risk management to be performed; "
        "issuer authentication by EXTERNAL AUTHENTICATE supported",
    ),
    (
        (),
        "9F33",
        "E0F8C8",
        "manual key entry; magnetic stripe; chip with contacts; plaintext PIN checked by the card; "
        "enciphered PIN checked online; signature; enciphered PIN checked by the card (RSA); no CVM required; "
        "SDA; DDA; CDA",
    ),
    ((), "9F34", "1F0302", "no CVM required; if the terminal supports it; successful"),
    ((), "9F02", "000000001000", "1000 minor units"),
    ((), "5A", "374245001741007F", "374245001741007"),
    ((), "9A", "311231", "2031-12-31"),
    ((), "9F1A", "0826", "United Kingdom"),
    ((), "5F2A", "0978", "EUR"),
    ((), "5F2D", "656E6672", "English, French"),
    ((), "9F36", "0029", "41"),
    ((), "9F35", "22", "merchant, attended, offline and online"),
    (("visa",), "9F6C", "0080", "consumer device CVM performed"),
    (("visa",), "82", "2000", "DDA supported"),
    (
        ("mastercard",),
        "9F6E",
        "0840000031360042",
        "country United States; unique identifier 0000; device type phone with application in the trusted environment; "
        "proprietary data 0042",
    ),
    (
        ("mastercard",),
        "82",
        "1981",
        "cardholder verification supported; terminal risk management to be performed; CDA supported; "
        "EMV mode supported; relay resistance supported",
    ),
]


@pytest.mark.parametrize(("overlays", "tag", "value", "text"), BY_HAND)
def test_facts_by_hand(overlays: tuple[str, ...], tag: str, value: str, text: str | None) -> None:
    got = facts(*BASE, *overlays).find(tag).describe(bytes.fromhex(value))
    assert got == text if text else got.endswith("(length 4, expected 5)")


def test_an_enumeration_is_never_read_as_flags() -> None:
    """CVM code 1F is "no CVM", not all of the methods whose bits it holds."""
    text = facts(*BASE).find("8E").describe(bytes.fromhex("0000000000000000410342031E031F02"))
    assert text.split("; ") == [
        "amount X 0",
        "amount Y 0",
        "rule if unsuccessful next rule, method plaintext PIN checked by the card, "
        "condition if the terminal supports it",
        "rule if unsuccessful next rule, method PIN checked online, "
        "condition if the terminal supports it",
        "rule if unsuccessful stop, method signature, condition if the terminal supports it",
        "rule if unsuccessful stop, method no CVM required, "
        "condition if neither unattended nor manual cash nor cashback",
    ]


def parts_of(scheme: str, value: str) -> dict[str, str]:
    """The parts of issuer application data: name and text."""
    text = facts(*BASE, scheme).find("9F10").describe(bytes.fromhex(value))
    names = (
        "length of discretionary data",
        "length of CVR",
        "length",
        "cryptogram version",
        "derivation key index",
        "common core identifier",
        "CVR, verification",
        "CVR, decisions",
        "CVR",
        "counters",
        "proprietary data",
    )
    parts = {}
    for part in text.split("; "):
        name = next((name for name in names if part.startswith(f"{name} ")), "")
        parts[name] = part.removeprefix(f"{name} ")
    return parts


def test_issuer_data_is_read_by_scheme_first() -> None:
    visa, amex = "06010A03A4B800", "06010103A00000"
    assert parts_of("visa", visa)["cryptogram version"] == "10 of format 0"
    assert "offline PIN performed" in parts_of("visa", visa)["CVR"]
    assert parts_of("mastercard", visa) == parts_of("discover", visa) == {"proprietary data": visa}
    assert parts_of("amex", amex)["CVR"].startswith("second GENERATE AC not asked")
    apple = parts_of("visa", "1F4A6331A0000000001003027300000000400000000000000000000000000000")
    assert apple["cryptogram version"] == "format 4, number 10"
    assert apple["derivation key index"] == "63"
    assert apple["CVR, verification"] == (
        "verified by another application of the secure element, verification passcode"
    )
    chip = parts_of("mastercard", "0110A00009248400000000000000000000FF")
    assert chip["cryptogram version"] == "16: Mastercard session key"
    common = "0FA506A231C0020000000000000000000F110601010000000000000000000000"
    assert parts_of("visa", common)["common core identifier"] == "CCD 4.1 with triple DES"
    assert parts_of("mastercard", common)["counters"] == "0000000000000000"


def test_the_layout_that_was_taken_has_a_name() -> None:
    layout = facts(*BASE, "visa").find("9F10").layout
    assert layout.alternatives == (
        "VIS, format 0, 1 or 3",
        "VCPS, format 2 or 4",
        "CCD, of any scheme",
    )
    assert layout.alternative(bytes.fromhex("06010A03A4B800")) == "VIS, format 0, 1 or 3"
    assert layout.alternative(bytes.fromhex("06010A03A4B8")) == layout.alternative(b"") == ""


def test_secrets_are_marked() -> None:
    marks = {
        tag: facts(*BASE).find(tag).sensitive
        for tag in ("57", "5A", "5F20", "99", "9F1F", "9F0B", "95")
    }
    assert marks == {
        "57": "track",
        "5A": "pan",
        "5F20": "name",
        "99": "pin",
        "9F1F": "track",
        "9F0B": "name",
        "95": "",
    }


def test_what_opens() -> None:
    found = {tag: facts(*BASE).find(tag).opens for tag in ("6F", "9F38", "9F4A", "8E", "95", "5C")}
    assert found == {
        "6F": "template",
        "9F38": "dol",
        "9F4A": "tags",
        "8E": "parts",
        "95": "none",
        "5C": "tags",
    }


def test_the_template_decides_what_a_tag_means() -> None:
    base = facts(*BASE)
    assert base.find("82").name == "Application Interchange Profile (AIP)"
    assert base.find("82", "62").name == "File descriptor"
    assert base.find("82", "77") is base.find("82")
    assert base.find("82", "62").tag == "82"


def test_facts_are_kept() -> None:
    assert facts(*BASE) is facts(*BASE)
    assert facts(*BASE).find("9F27") is facts(*BASE).find("9F27")
    again = Facts(*BASE).find("9F27")
    assert again == facts(*BASE).find("9F27")
    assert again is not facts(*BASE).find("9F27")
    assert Facts(*BASE).find("9F10") == facts(*BASE).find("9F10")


def test_unknown_tags() -> None:
    base = facts("iso7816")
    assert [
        (fact.name, fact.opens, fact.known) for fact in map(base.find, ("DF7F", "FF7F", "5F7F", ""))
    ] == [
        ("proprietary tag", "none", False),
        ("proprietary tag", "template", False),
        ("unknown tag", "none", False),
        ("unknown tag", "none", False),
    ]
    assert base.find("DF7F").describe(b"\xab") == "AB"


def test_misses_do_not_fill_the_memory() -> None:
    base = Facts("sm")
    for number in range(MISSES + 100):
        assert not base.find(f"DF{0x808000 + number:06X}").known
    assert len(base._facts) == MISSES


def test_commands() -> None:
    emv = facts(*BASE)
    generate, select, read = (
        emv.command(0x80, 0xAE),
        emv.command(0x0C, 0xA4),
        emv.command(0x00, 0xB2),
    )
    assert (
        generate
        and generate.p1
        and select
        and select.p1
        and select.p2
        and read
        and read.p1
        and read.p2
    )
    assert (generate.name, generate.case, generate.p1(0x90)) == (
        "GENERATE AC",
        4,
        "ARQC asked; CDA asked",
    )
    assert (select.name, select.p1(4)) == ("SELECT", "by DF name (AID)")
    assert (select.p2(0), select.p2(0x0C)) == (
        "first or only occurrence; answer: FCI",
        "first or only occurrence; no answer data",
    )
    assert (read.p1(3), read.p2(0x0C)) == ("record 3", "SFI 1")
    binary = emv.command(0, 0xB0)
    assert binary
    assert binary.offset
    assert not read.offset
    assert emv.command(0x80, 0x01) is None
    assert emv.command(0x80, 0xA4) is None  # of another class
    assert emv.command(0x8C, 0xAE) == emv.command(0x80, 0xAE)
    scripts = [emv.command(0x84, ins) for ins in (0x16, 0x18, 0x1E, 0x24)]
    assert [row and row.name for row in scripts] == [
        "CARD BLOCK",
        "APPLICATION UNBLOCK",
        "APPLICATION BLOCK",
        "PIN CHANGE/UNBLOCK",
    ]


@pytest.mark.parametrize(
    ("cla", "ins", "names", "case"),
    [
        (0x00, 0xA4, ("iso7816",), 4),
        (0x00, 0xB0, ("iso7816",), 2),
        (0x00, 0xD6, ("iso7816",), 3),
        (0x00, 0xFE, ("iso7816",), 1),
        (0x80, 0x12, ("telecom",), 2),
        (0xA0, 0xA4, ("telecom",), 3),
        (0xA0, 0x44, ("telecom",), 1),
        (0xFF, 0xCA, ("iso7816",), 2),
        (0xF0, 0xCA, ("iso7816",), None),
    ],
)
def test_which_way_the_data_goes(
    cla: int, ins: int, names: tuple[str, ...], case: int | None
) -> None:
    assert instruction_case(cla, ins, *names) == case


def test_which_instructions_data_files_name() -> None:
    """PWD_AUTH of a tag (1B) and a read of FeliCa (06) have no class, so they are not among them."""
    instructions = named_instructions()
    assert {(0x00, 0xA4), (0x80, 0xA8), (0x90, 0x60), (0xFF, 0xCA)} <= instructions
    assert not {0x1B, 0x06} & {ins for _, ins in instructions}


FILES = """
[meta]
ref = "by hand"

["command 8050"]
name = "START"
case = 4
layout = "amount  4  int"

["command 8050 p1=02"]
name = "START A PURCHASE"

["command 8050 p1=02 data=FF"]
name = "START NOTHING"

["command 8050 p1=0."]
name = "START SOMETHING"

["answer 8050"]
name = "Any answer"

["answer 8050 p1=03"]
name = "Answer three"
layout = "balance  4  int"

["file 2F10"]
name = "Directory"

["file MF/7F20/2F10"]
name = "Directory of a DF"

["file sfi 15"]
name = "Public data"

["file sfi 15 record 02"]
name = "Second record"

["status 9402"]
text = "counter at its end"

["status 94XX"]
text = "error {n}"

["key 9A"]
name = "authentication key"
"""


@pytest.fixture
def made(tmp_path: Path) -> Facts:
    path = tmp_path / "made.toml"
    path.write_text(FILES, "utf-8")
    assert load(str(path)).faults == ()
    return facts("iso7816", str(path))


def test_what_no_row_is_about(made: Facts) -> None:
    assert made.command(0x80, 0x51) is made.command(0x00, 0x50) is made.command(0xFF, 0x50) is None
    assert made.answer(0x80, 0x52, {}) is None
    assert made.file(()) is made.file(("MF", "2F01")) is None
    assert made.reference(0x9B) == ""
    assert made.status(0x9502) == ("unknown status word", "")
    assert not made.has("DF7F") and made.has("6F")


def test_of_rows_that_fit_the_one_that_asks_for_most_wins(made: Facts) -> None:
    def name(**parameters: str) -> str:
        row = made.command(0x80, 0x50, parameters)
        assert row is not None
        return row.name

    assert name() == name(p1="11") == "START"
    assert name(p1="01") == "START SOMETHING"
    assert name(p1="02") == name(p1="02", data="00") == "START A PURCHASE"
    assert name(p1="02", data="FF00") == "START NOTHING"


def test_a_row_with_conditions_keeps_what_it_does_not_say_but_not_the_data(made: Facts) -> None:
    plain, purchase = made.command(0x80, 0x50), made.command(0x80, 0x50, {"p1": "02"})
    assert plain and purchase and plain.data and plain.case == purchase.case == 4
    assert plain.data.describe(b"\0\0\0\7") == "amount 7"
    assert purchase.data is None


def test_channel_and_secure_messaging_do_not_change_a_command(made: Facts) -> None:
    assert made.command(0x84, 0x50) is made.command(0x83, 0x50) is made.command(0x80, 0x50)
    assert made.command(0x90, 0x50) is None


def test_answers(made: Facts) -> None:
    three, other = made.answer(0x80, 0x50, {"p1": "03"}), made.answer(0x80, 0x50, {"p1": "04"})
    assert three and other and (three.name, other.name) == ("Answer three", "Any answer")


def test_the_longest_end_of_a_path_names_a_file(made: Facts) -> None:
    names = {
        path: fact.name
        for path in ("2F10", "MF/2F10", "7F20/2F10", "MF/7F20/2F10", "ADF/sfi 15")
        if (fact := made.file(path.split("/")))
    }
    assert names == {
        "2F10": "Directory",
        "MF/2F10": "Directory",
        "7F20/2F10": "Directory",
        "MF/7F20/2F10": "Directory of a DF",
        "ADF/sfi 15": "Public data",
    }
    second = made.file(("ADF", "sfi 15"), 2)
    assert second and second.name == "Second record"


def test_status_words_of_the_files_come_first(made: Facts) -> None:
    assert made.status(0x9402)[0] == "counter at its end"
    assert made.status(0x9405)[0] == "error 5"
    assert made.status(0x6A82)[0] == "file or application not found"


def test_a_later_file_wins_over_an_equal_row(tmp_path: Path, made: Facts) -> None:
    path = tmp_path / "later.toml"
    path.write_text(
        "['file 2F10']\nname = 'Later'\n['command 8050 p1=02']\nname = 'LATER'\n"
        "['command 00A4 p1=AA']\nname = 'ASK'\n['command 00B0']\nname = 'X'\ncase = 3\n"
        "['command 00B0 p1=AA']\nname = 'Y'\n"
    )
    both = facts(*made.names, str(path))
    row, fact = both.command(0x80, 0x50, {"p1": "02"}), both.file(("MF", "2F10"))
    assert row and fact and (row.name, fact.name) == ("LATER", "Later")
    ask, read = both.command(0, 0xA4, {"p1": "AA"}), both.command(0, 0xB0, {"p1": "AA"})
    assert ask and (ask.name, ask.case, ask.p1) == ("ASK", 0, None)  # not what SELECT says
    assert read and (read.name, read.case) == ("Y", 3)


def test_names_of_keys(made: Facts) -> None:
    assert made.reference(0x9A) == "authentication key"


TAGS = st.sampled_from([tag.rpartition("/")[2] for name in shipped() for tag in load(name).tags])


@given(st.sampled_from(shipped()), TAGS, st.binary(max_size=280))
def test_no_bytes_are_without_a_text(name: str, tag: str, value: bytes) -> None:
    fact = facts("iso7816", "emv", name).find(tag)
    assert isinstance(fact.describe(value), str)
    if fact.layout:
        nodes = fact.layout.parse(value)
        assert sum(node.stop - node.start for node in nodes) == len(value)
