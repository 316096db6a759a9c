# SPDX-License-Identifier: MIT
"""Every shipped row keeps the rules, the tags of the specifications are there, and a user's file gets clear errors."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardlib.core.dictionary import (
    MISSES,
    Facts,
    aid_name,
    card_numbers,
    facts,
    instruction_case,
    load,
    overlay,
    own_rows,
    shipped,
    status_text,
)
from cardlib.core.errors import DictionaryError

ALL_ROWS = [row for name in shipped() for row in own_rows(name)]
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
OF_A_SCHEME = {"visa": "9F66 9F6C 9F6E 9F69 9F5D", "mastercard": "DF8129 DF8115 9F6B 9F69 9F5D", "amex": "9F6D 9F6E"}


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
        "offline data authentication not performed; online CVM captured (online PIN entered); floor limit exceeded",
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
        "country United States; unique identifier 0000; device type phone, application in the trusted environment; "
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
    fact = facts(*BASE).find("8E")
    assert fact.split
    value = bytes.fromhex("0000000000000000410342031E031F02")
    assert [part.describe(value[a:b]) for part, a, b in fact.split(value)] == [
        "0",
        "0",
        "plaintext PIN checked by the card; else next rule; if the terminal supports it",
        "PIN checked online; else next rule; if the terminal supports it",
        "signature; else stop; if the terminal supports it",
        "no CVM required; else stop; if not unattended cash, manual cash or cashback",
    ]


def parts_of(scheme: str, value: str) -> dict[str, str]:
    fact, raw = facts(*BASE, scheme).find("9F10"), bytes.fromhex(value)
    assert fact.split
    return {part.name: part.describe(raw[a:b]) for part, a, b in fact.split(raw)}


def test_issuer_data_is_read_by_scheme_first() -> None:
    visa, amex = "06010A03A4B800", "06010103A00000"
    assert parts_of("visa", visa)["cryptogram version"] == "10; format 0"
    assert "offline PIN performed" in parts_of("visa", visa)["CVR"]
    assert parts_of("mastercard", visa) == parts_of("discover", visa) == {}
    assert parts_of("amex", amex)["CVR"].startswith("second GENERATE AC not asked")
    apple = parts_of("visa", "1F4A6331A0000000001003027300000000400000000000000000000000000000")
    assert (apple["cryptogram version"], apple["derivation key index"]) == ("format 4; number 10", "63")
    assert apple["CVR, verification"] == "verified by another application of the secure element; passcode"
    chip = parts_of("mastercard", "0110A00009248400000000000000000000FF")
    assert chip["cryptogram version"] == "16: Mastercard session key"
    common = "0FA506A231C0020000000000000000000F110601010000000000000000000000"
    assert parts_of("visa", common)["common core identifier"] == "CCD 4.1, triple DES"
    assert parts_of("mastercard", common)["counters"] == "0000000000000000"


def test_secrets_are_marked() -> None:
    marks = {tag: facts(*BASE).find(tag).sensitive for tag in ("57", "5A", "5F20", "99", "9F1F", "9F0B", "95")}
    assert marks == {"57": "track", "5A": "pan", "5F20": "name", "99": "pin", "9F1F": "track", "9F0B": "name", "95": ""}


def test_what_opens() -> None:
    found = {tag: facts(*BASE).find(tag).opens for tag in ("6F", "9F38", "9F4A", "8E", "95", "5C")}
    assert found == {"6F": "template", "9F38": "dol", "9F4A": "tags", "8E": "parts", "95": "none", "5C": "tags"}


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
    assert [(fact.name, fact.opens, fact.known) for fact in map(base.find, ("DF7F", "FF7F", "5F7F", ""))] == [
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
    assert len(base._found) == MISSES


def test_commands() -> None:
    emv = facts(*BASE)
    generate, select, read = emv.command(0x80, 0xAE), emv.command(0x0C, 0xA4), emv.command(0x00, 0xB2)
    assert generate and generate.p1 and select and select.p1 and select.p2 and read and read.p1 and read.p2
    assert (generate.name, generate.case, generate.p1(0x90)) == ("GENERATE AC", 4, "ARQC asked; CDA asked")
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
def test_which_way_the_data_goes(cla: int, ins: int, names: tuple[str, ...], case: int | None) -> None:
    assert instruction_case(cla, ins, *names) == case


@pytest.mark.parametrize(
    ("sw", "ins", "text"),
    [
        (-1, None, "unknown status word"),
        (0x10000, None, "unknown status word"),
        (0x0000, None, "unknown status word"),
        (0x9000, None, "normal processing"),
        (0x6110, 0xA4, "16 bytes of answer wait"),
        (0x63C2, 0x20, "wrong; tries left: 2"),
        (0x63C2, 0xD6, "written after 2 retries"),
        (0x63C2, None, "counter is 2"),
        (0x6985, 0xA8, "conditions of use not satisfied: try another application"),
        (0x6A81, 0xA4, "function not supported: card blocked"),
        (0x6A83, 0xB2, "record not found"),
        (0x6283, 0xA4, "selected file or application deactivated"),
        (0x6C1F, None, "wrong Le, 31 bytes are right"),
        (0x9105, 0x10, "normal processing, proactive command of 5 bytes waits"),
        (0x9F22, 0xA4, "34 bytes of answer wait"),
        (0x6ABC, None, "wrong parameters P1-P2"),
    ],
)
def test_status_words(sw: int, ins: int | None, text: str) -> None:
    assert status_text(sw, ins)[0] == text


@given(st.integers(), st.none() | st.integers())
def test_a_status_word_always_has_a_text(sw: int, ins: int | None) -> None:
    assert status_text(sw, ins)[0]


@pytest.mark.parametrize(
    ("aid", "name", "file"),
    [
        ("A0000000031010", "Visa credit or debit", "visa"),
        ("A00000000310109999", "Visa credit or debit", "visa"),
        ("A000000003FFFF", "Visa", "visa"),
        ("a0000000041010", "Mastercard credit or debit", "mastercard"),
        ("A000000333010102", "UnionPay credit", "unionpay"),
        ("A000000003000000", "Issuer security domain (Visa and GlobalPlatform 2.0 cards)", "globalplatform"),
        ("A000000151000000", "GlobalPlatform issuer security domain", "globalplatform"),
        ("A0000002471001", "Electronic travel document (ICAO)", ""),
        ("A0000000871002FF49FF0589", "USIM", ""),
        ("F0010203", "", ""),
        ("A", "", ""),
        ("", "", ""),
    ],
)
def test_applications(aid: str, name: str, file: str) -> None:
    assert (aid_name(aid), overlay(aid)) == (name, file)


USERS = [
    ("[9F27", "not TOML"),
    ("[9F27]\nname = 5", "9F27: name must be text"),
    ("[9F27]\nformat = 'b'", "9F27: a row needs a name"),
    ("[9f27]\nname = 'x'", "9f27: the key is not a tag"),
    ("[9F]\nname = 'x'", "9F: the key is not a tag"),
    ("['3F00/2FE2']\nname = 'x'", "3F00/2FE2: the key is not a tag"),
    ("['3F00/2FE/']\nname = 'x'", "3F00/2FE/: the key is not a tag"),
    ("['/2FE2/']\nname = 'x'", "/2FE2/: the key is not a tag"),
    ("['6F/62/82']\nname = 'x'", "6F/62/82: the key is not a tag"),
    ("9F27 = 'x'", "9F27: a row is a table"),
    ("[9F27]\nname = 'x'\nbits = [[1, '8', 2, 'y']]", "9F27: value 2 does not fit bits 8"),
    ("[9F27]\nname = 'x'\nexample = ['00', '01']", "9F27: the example 00 reads '00', not '01'"),
    ("[9F27]\nname = 'x'\nexample = ['0', '01']", "9F27: an example is two strings"),
    ("[9F27]\nlike = '95'", "9F27: like '95': no such row stands before this one"),
    ("[9F27]\nlike = 'emv:9F99'", "9F27: like 'emv:9F99': no such row"),
    ("[9F27]\nlike = 'planets:95'", "9F27: like 'planets:95': no such row"),
    ("[9F27]\nlike = 'emv:9F26'\nbits = [[1, '8', 1, 'x']]", "9F27: the bits or forms do not go with"),
    ("[9F27]\nlike = 'emv:95'\nbits = [[1, 8, 1, 'x']]", "9F27: the bits or forms do not go with"),
    ("[9F27]\nlike = 'emv:95'\nbits = [[1, '1-8', 1, 'x']]", "9F27: the bits or forms do not go with"),
    ("[9F27]\nlike = 'emv:95'\nbits = 5", "9F27: the bits or forms do not go with"),
    ("[9F27]\nlike = 'emv:9F10'\nforms = 5", "9F27: the bits or forms do not go with"),
    ("[9F27]\nname = 'x'\nexample = 5", "9F27: an example is two strings"),
    ("[9F27]\nname = 'x'\nexample = {a = 1}", "9F27: an example is two strings"),
    ("meta = 1", "meta: only title, ref and checked"),
    ("[meta]\nauthor = 'x'", "meta: only title, ref and checked"),
    ("[meta]\nchecked = 'yes'\n[9F27]\nname = 'x'", "9F27: checked 'yes' is none of"),
    ("commands = 1", "commands: a row is a table"),
    ("[commands.80A8]\nname = 'x'", "80A8: a command has name, case"),
    ("[commands.81A8]\nname = 'x'\ncase = 1", "81A8: the key is not class and instruction"),
    ("[commands.80A8]\nname = 'x'\ncase = 1\nref = 1", "80A8: ref must be text"),
    ("[commands.80A8]\nname = 'x'\ncase = 1\np1 = [1]", "80A8: a row of p1 or p2 is"),
    ("[commands.80A8]\nname = 'x'\ncase = 1\np1 = [['8', 3, 'x']]", "80A8: value 3 does not fit bits 8"),
]


@pytest.mark.parametrize(("text", "reason"), USERS)
def test_a_wrong_file_of_a_user_is_told_in_one_line(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(DictionaryError) as caught:
        load(str(file))
    message = str(caught.value)
    assert message.startswith(f"{file}: {reason}")
    assert "\n" not in message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for name in (str(tmp_path / "no.toml"), "no_such", "../emv", ""):
        with pytest.raises(DictionaryError):
            load(name)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DictionaryError, match="not TOML"):
        load(str(tmp_path / "bytes.toml"))


def test_a_file_of_a_user_wins(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[meta]\nref = 'me'\n[DF01]\nname = 'Loyalty points'\nformat = 'int'\nexample = ['0102', '258']\n")
    mine = facts(*BASE, str(file))
    assert (mine.find("DF01").name, mine.find("DF01").ref, mine.find("DF01").describe(b"\x05")) == (
        "Loyalty points",
        "me",
        "5",
    )
    assert mine.find("9F27") == facts(*BASE).find("9F27")


TAGS = st.sampled_from([key.rpartition("/")[2] for _, key, _ in ALL_ROWS])


@given(st.sampled_from(shipped()), TAGS, st.binary(max_size=280))
def test_no_bytes_are_without_a_text(name: str, tag: str, value: bytes) -> None:
    fact = facts("iso7816", "emv", name).find(tag)
    assert isinstance(fact.describe(value), str)
    if fact.split:
        pieces = fact.split(value)
        assert sum(stop - start for _, start, stop in pieces) in (0, len(value))


def test_how_card_numbers_of_a_scheme_begin() -> None:
    assert card_numbers("A0000000031010") == ("4",)
    assert card_numbers("A000000333010101") == ("62", "4", "5")
    assert card_numbers("A0000005241010") == card_numbers("") == ()
