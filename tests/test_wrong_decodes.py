# SPDX-License-Identifier: MIT
"""Wrong decodes that other programs show, or that a plain reading of a table suggests: each has its test here.

The values are published: the dialogues of emv-bertlv (MIT) and the samples in its issue 3, the Apple Pay sample of
proxmark3 issue 675, the samples in the tests of pyemv and openemv. What is right is told in docs/specs.md.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import cardlib
from cardlib.core.layout.summary import short_text
from cardlib.core.model import Node
from cardlib.road.meaning import decode
from cardlib.road.pipeline import read_text

AIDS = {
    "visa": "A0000000031010",
    "mastercard": "A0000000041010",
    "amex": "A00000002501",
    "jcb": "A0000000651010",
    "discover": "A0000001523010",
    "unionpay": "A000000333010101",
    "interac": "A0000002771010",
    "girocard": "A0000003591010028001",
}


def answer(scheme: str, tag: str, value: str) -> Node:
    """A data element in the answer to GET PROCESSING OPTIONS, after that application was selected."""
    data = f"{tag}{len(value) // 2:02X}{value}"
    answered = f"77{len(data) // 2:02X}{data}9000"
    aid = AIDS.get(scheme, "")
    select = f"00A40400{len(aid) // 2:02X}{aid}\n9000\n" if aid else ""
    found = decode(read_text(f"{select}80A8000002830000\n{answered}\n").exchanges[-1])
    (node,) = [node for _, node in found.walk() if node.tag == tag]
    return node


def parts(node: Node) -> dict[str, str]:
    return {child.name: child.text or short_text(child) for child in node.children}


AMEX, UPI, VIS = "06010103A00000", "07000103A0A80201", "06010A03A4B800"
CCD = "0FA506A231C0020000000000000000000F110601010000000000000000000000"
CHIP = "0110A0400324C000000000000000000000FF"
ZKA = "01828100310040180000000000000000"
INTERAC = "1501850440B100000000B00000000000000000000000"
APPLE = "1F4A6331A0000000001003027300000000400000000000000000000000000000"
CLOUD = "1F43010020000000000000000007717300000000000000000000000000000000"
BY = "layout by the application's RID"
LAYOUTS = [
    # scheme, issuer application data, which rule chose its layout, the number of parts
    ("amex", AMEX, f"{BY} A000000025: AEIPS", 5),
    ("visa", AMEX, f"{BY} A000000003: VIS, format 0, 1 or 3", 5),
    ("visa", VIS, f"{BY} A000000003: VIS, format 0, 1 or 3", 5),
    ("visa", APPLE, f"{BY} A000000003: VCPS, format 2 or 4", 9),
    ("visa", CLOUD, f"{BY} A000000003: VCPS, format 2 or 4", 9),
    ("mastercard", CHIP, f"{BY} A000000004: M/Chip 4 or Advance", 5),
    ("unionpay", UPI, f"{BY} A000000333: PBOC", 6),
    *((scheme, CCD, f"{BY} {aid[:10]}: CCD, of any scheme", 7) for scheme, aid in AIDS.items()),
    ("", CCD, "layout by its bytes alone: CCD, of any scheme", 7),
    # what no rule knows is bytes, as one part
    ("", VIS, "no layout known by its bytes alone", 1),
    ("visa", "06012003A00000", "no layout known by the application's RID A000000003", 1),
    ("visa", "06010A04A00000", "no layout known by the application's RID A000000003", 1),
    ("visa", CHIP, "no layout known by the application's RID A000000003", 1),
    ("mastercard", VIS, "no layout known by the application's RID A000000004", 1),
    (
        "mastercard",
        CHIP.replace("0110", "0112"),
        "no layout known by the application's RID A000000004",
        1,
    ),
    ("mastercard", CHIP + "00", "no layout known by the application's RID A000000004", 1),
    ("amex", UPI, "no layout known by the application's RID A000000025", 1),
    ("jcb", AMEX, "no layout known by the application's RID A000000065", 1),
    ("discover", AMEX, "no layout known by the application's RID A000000152", 1),
    ("interac", INTERAC, "no layout known by the application's RID A000000277", 1),
    ("girocard", ZKA, "no layout known by the application's RID A000000359", 1),
]


@pytest.mark.parametrize(("scheme", "value", "note", "count"), LAYOUTS)
def test_issuer_data_by_rid_first_then_by_bytes(
    scheme: str, value: str, note: str, count: int
) -> None:
    node = answer(scheme, "9F10", value)
    assert (node.note, len(node.children)) == (note, count)
    if count == 1:
        assert parts(node) == {"proprietary data": value}


def test_issuer_data_of_amex_is_not_visas() -> None:
    """Both begin 06 .. .. 03; of Amex only the types of the cryptograms are known."""
    assert parts(answer("amex", "9F10", "06010103AFFFFF"))["CVR"] == (
        "second GENERATE AC not asked; first GENERATE AC ARQC; further results FFFFF"
    )
    assert "issuer authentication failed" in parts(answer("visa", "9F10", "06010103AFFFFF"))["CVR"]


def test_issuer_data_of_unionpay_may_hold_a_balance() -> None:
    found = parts(answer("unionpay", "9F10", "07000103940000010A010000012345A1B2C3D4"))
    assert (
        found["CVR"]
        == "second GENERATE AC not asked; first GENERATE AC TC; checks offline PIN performed; "
        "script commands last time 0"
    )
    data = answer("unionpay", "9F10", "07000103940000010A010000012345A1B2C3D4").children[-1]
    assert parts(data) == {
        "kind": "balance",
        "electronic cash balance": "12345 minor units",
        "MAC": "A1B2C3D4",
    }


def test_common_core_data_is_not_m_chips() -> None:
    found = parts(answer("mastercard", "9F10", CCD))
    assert (found["common core identifier"], found["derivation key index"]) == (
        "CCD 4.1 with triple DES",
        "06",
    )
    assert found["CVR"].startswith(
        "second GENERATE AC not asked; first GENERATE AC ARQC; authentication issuer authentication not p"
    )


@pytest.mark.parametrize(
    ("byte", "said"),
    [
        ("80", "lower offline count limit exceeded"),
        ("40", "upper offline count limit exceeded"),
        ("20", "lower offline amount limit exceeded"),
        ("10", "upper offline amount limit exceeded"),
    ],
)
def test_the_four_limits_of_the_common_core_have_a_bit_each(byte: str, said: str) -> None:
    cvr = parts(answer("visa", "9F10", f"0FA506A000{byte}0000" + CCD[16:]))["CVR"]
    assert [words for words in cvr.split("; ") if "limit" in words] == [f"limits {said}"]


@pytest.mark.parametrize(
    ("byte", "said"),
    [
        ("A8", "issuer authentication failed"),
        ("A4", "offline PIN performed"),
        ("A2", "offline PIN failed"),
        ("A1", "unable to go online"),
    ],
)
def test_the_low_bits_of_visas_second_byte(byte: str, said: str) -> None:
    cvr = parts(answer("visa", "9F10", f"06010A03{byte}0000"))["CVR"].split("; ")
    assert cvr[2:] == [f"checks {said}", "script commands last time 0"]


def test_long_issuer_data_of_visa_has_the_version_before_the_key_index() -> None:
    found = parts(answer("visa", "9F10", APPLE))
    assert (found["cryptogram version"], found["derivation key index"]) == (
        "format 4; number 10",
        "63",
    )
    assert (
        found["CVR, verification"]
        == "verified by another application of the secure element; verification passcode"
    )
    found = parts(answer("visa", "9F10", CLOUD))
    assert (found["cryptogram version"], found["derivation key index"]) == (
        "format 4; number 3",
        "01",
    )
    assert found["CVR, decisions"] == "second GENERATE AC AAC; first GENERATE AC ARQC"


METHODS = [
    ("00", "if unsuccessful stop; method fail verification"),
    ("1F", "if unsuccessful stop; method no CVM required"),
    ("5F", "if unsuccessful next rule; method no CVM required"),
    ("03", "if unsuccessful stop; method plaintext PIN checked by the card and signature"),
    ("0E", "if unsuccessful stop; method voice checked offline"),
    ("0F", "if unsuccessful stop; method voice checked online"),
    ("3F", "if unsuccessful stop; method 3F (unknown value)"),
]


@pytest.mark.parametrize(("code", "said"), METHODS)
def test_a_method_of_verification_is_a_number_and_no_flags(code: str, said: str) -> None:
    rule = answer("", "8E", f"0000000000000000{code}00").children[-1]
    assert short_text(rule) == f"{said}; condition always"


def test_the_base_profile_has_no_bits_of_a_scheme() -> None:
    base = (
        "SDA supported; cardholder verification supported; terminal risk management to be performed; "
        "issuer authentication by EXTERNAL AUTHENTICATE supported; CDA supported"
    )
    assert (
        answer("", "82", "5D80").text
        == answer("jcb", "82", "5D80").text
        == f"{base} (not named: 0080)"
    )
    assert answer("amex", "82", "5D80").text == f"{base}; EMV and mag-stripe mode"
    assert answer("mastercard", "82", "5D80").text == f"{base}; EMV mode supported"
    assert answer("visa", "82", "5D80").text == f"{base}; mag-stripe mode supported"


def test_the_low_bits_of_the_last_byte_of_the_tvr_depend_on_the_kernel() -> None:
    for tag in ("95", "9F0D", "9F0E", "9F0F"):
        assert (
            answer("", tag, "0000000006").text == "CA key for ECC missing; ECC key recovery failed"
        )
        assert answer("mastercard", tag, "0000000006").text == (
            "relay resistance: time limits exceeded; relay resistance performed"
        )
    assert answer("mastercard", "95", "0000000080").text == "default TDOL used"


def test_unionpay_terminates_where_visa_switches_the_interface() -> None:
    assert (
        answer("visa", "9F6C", "1000").text
        == "switch interface if offline data authentication fails"
    )
    assert (
        answer("unionpay", "9F6C", "1000").text == "terminate if offline data authentication fails"
    )
    assert answer("unionpay", "9F6C", "0640").text == "(not named: 0640)"


ONE_TAG = [
    ("visa", "9F5D", "000000001000", "Available offline spending amount (AOSA)"),
    ("mastercard", "9F5D", "010000", "Application capabilities information"),
    ("mastercard", "9F7E", "01", "Mobile support indicator"),
    ("visa", "9F6E", "23880000", "Form factor indicator (FFI)"),
    ("mastercard", "9F6E", "02210000303000", "Third party data"),
    ("amex", "9F6E", "D8E00003", "Enhanced contactless reader capabilities"),
    ("visa", "9F66", "26000000", "proprietary tag"),  # a terminal sends it, never a card
    (
        "mastercard",
        "9F66",
        "00FE",
        "Positions of unpredictable number and counter in track 2 (PUNATC)",
    ),
]


@pytest.mark.parametrize(("scheme", "tag", "value", "name"), ONE_TAG)
def test_one_tag_of_several_schemes(scheme: str, tag: str, value: str, name: str) -> None:
    node = answer(scheme, tag, value)
    assert node.name == name
    assert "length" not in node.text


@pytest.mark.parametrize(
    ("aid", "name"),
    [
        ("A000000151000000", "GET STATUS"),
        ("A000000003000000", "GET STATUS"),
        ("A0000000871002", "STATUS"),
    ],
)
def test_one_instruction_of_two_standards(aid: str, name: str) -> None:
    capture = read_text(f"00A4040008{aid:0<16}\n9000\n80F24000024F0000\n9000\n")
    assert decode(capture.exchanges[-1]).name == name


def test_reasons_of_the_cryptogram_are_three_bits_and_advice_is_a_fourth() -> None:
    assert answer("", "9F27", "0A").text == "AAC: declined; advice required; PIN try limit exceeded"
    assert (
        answer("", "9F27", "18").text
        == "AAC: declined; cryptogram of the payment system, 1; advice required"
    )


def test_two_bits_of_risk_management_data_say_what_is_not_supported() -> None:
    assert (
        answer("", "9F1D", "0000C00000000000").text
        == "mag-stripe mode not supported; EMV mode not supported"
    )


def test_four_zero_bytes_are_no_record(real_captures: Path) -> None:
    """The first READ RECORD of the Visa dialogue has no answer that could be read; the second has."""
    exchanges = cardlib.read(real_captures / "emv-bertlv" / "contact-visa-in.txt").exchanges
    lost, found = (decode(exchanges[index]).children[1] for index in (2, 8))
    assert [(node.name, node.value) for node in lost.children] == [("data", bytes(4))]
    assert lost.error == "no legal status word at the end"
    (track,) = [node for _, node in found.walk() if node.tag == "57"]
    assert track.text == "4761340000000050 expires 2017-12 service 201 data 12523451"
