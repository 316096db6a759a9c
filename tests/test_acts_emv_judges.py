# SPDX-License-Identifier: MIT
"""What is said of each phase, by hand-written facts: where terminal, card and specification fit, and where not."""

from __future__ import annotations

from typing import Any

import pytest
from test_acts_emv_dialogue import AID, GPO, payment
from test_secrets import capture, command, tlv

from cardlib.acts.emv import judges
from cardlib.acts.emv.dialogue import Dialogue, Statement, dialogue

SIGNATURE = tlv("9F4B", "AA" * 8)
TAP = {"9F66": "36C04000", "9F02": "000000000100", "9A": "260314"}

SKIPPED, DONE = "offline data authentication was not performed", "performed, not failed"
GOOD, BAD = " passes, as the TVR says", " fails, as the TVR says"
UNSEEN, INVENTED = " fails, but not what the TVR says", " passes, but not what the TVR says"
NO_DAY, HANGS = (
    " not known, the day (9A) is not here",
    "it hangs on more (9C, 5F28, 9F1A, 9F35) than is here",
)
DEMANDS = "the reader demands it (TTQ); "
MORE = ", which is more than was asked and not allowed"


def due(method: str) -> str:
    return f"; by what the terminal can do (9F33) {method} is due"


def said(judge: Any, **changes: Any) -> list[Statement]:
    return list(judge(dialogue(payment(**changes))))


def only(judge: Any, part: str, **changes: Any) -> tuple[str, bool | None]:
    """The one statement that begins like this, with its verdict."""
    found = [one for one in said(judge, **changes) if one.text.startswith(part)]
    assert len(found) == 1, [one.text for one in said(judge, **changes)]
    return found[0].text.removeprefix(part), found[0].agrees


def tap(answer: dict[str, str], **reader: str) -> Dialogue:
    """A contactless payment whose cryptogram comes with GET PROCESSING OPTIONS."""
    asked = {**TAP, **{f"9F{tag[1:]}": value for tag, value in reader.items()}}
    pdol = "".join(f"{tag}{len(value) // 2:02X}" for tag, value in asked.items())
    select = tlv("6F", tlv("84", AID) + tlv("A5", tlv("9F38", pdol))) + "9000"
    told = {
        "82": "2000",
        "9F36": "0001",
        "9F26": "0102030405060708",
        "9F10": "06010A03A00000",
        **answer,
    }
    values = "".join(asked.values())
    start = command("80A80000", tlv("83", values)) + "00"
    whole = tlv("77", "".join(tlv(tag, value) for tag, value in told.items())) + "9000"
    return dialogue(capture(command("00A40400", AID) + "00", select, start, whole).exchanges)


def test_selection_and_its_refusal() -> None:
    assert said(judges.selection)[0].text == "Visa credit or debit selected"
    blocked = dialogue(capture(command("00A40400", AID) + "00", "6A81").exchanges)
    assert next(judges.selection(blocked)).text.startswith(
        "Visa credit or debit not selected: 6A81 "
    )


def test_initiate() -> None:
    texts = [one.text for one in said(judges.initiate)]
    assert texts[0] == "to be paid: purchase, 4250 minor units, EUR, 2026-03-14, Germany"
    assert texts[1].startswith("AIP 3C00: DDA supported; ")
    refused = dialogue(capture(command("00A40400", AID) + "00", "9000", GPO, "6985").exchanges)
    assert next(judges.initiate(refused)).text.startswith(
        "GET PROCESSING OPTIONS: 6985 conditions of use not satisfied"
    )
    assert next(judges.initiate(dialogue(()))).text == "no GET PROCESSING OPTIONS in this capture"


@pytest.mark.parametrize(("sent", "agrees"), [("B6404000", True), ("B640", False), ("", False)])
def test_what_the_pdol_asks_for(sent: str, agrees: bool) -> None:
    select = tlv("6F", tlv("84", AID) + tlv("A5", tlv("9F38", "9F6604"))) + "9000"
    start = command("80A80000", tlv("83", sent)) + "00"
    d = dialogue(capture(command("00A40400", AID) + "00", select, start, "6985").exchanges)
    assert [one.agrees for one in judges.initiate(d) if "PDOL" in one.text] == [agrees]


def test_reading() -> None:
    assert only(judges.reading, "the AFL names 2 records; ") == ("all were read", None)
    assert only(judges.reading, "what is mandatory is there")[1] is True
    text, agrees = only(judges.reading, "not among them, though mandatory: ", card={"5F24": ""})
    assert (text, agrees) == ("5F24 (5F24, 5A, 8C, 8D)", False)
    whole = payment()
    part = [one.text for one in judges.reading(dialogue(whole[:2] + whole[3:]))]
    assert part == ["the AFL names 2 records; not read in this capture: record 1 of SFI 1"]
    unknown = [one.text for one in judges.reading(dialogue(whole[:1] + whole[2:]))]
    assert unknown == ["not known which records there are: no AFL in this capture"]
    assert [one.text for one in judges.reading(tap({}))] == ["the card names no records"]


@pytest.mark.parametrize(
    ("aip", "caps", "tvr", "offer", "result", "agrees"),
    [
        ("3C00", "E0F8C8", "0000008000", "DDA" + due("DDA"), DONE, True),
        ("7D00", "E0F8C8", "0000008000", "CDA, DDA, SDA" + due("CDA"), DONE, True),
        ("7D00", "E0F8C0", "0000008000", "CDA, DDA, SDA" + due("DDA"), DONE, True),
        ("3C00", "E0F8C8", "8000008000", "DDA" + due("DDA"), SKIPPED, False),
        ("3C00", "E0F880", "8000008000", "DDA" + due("none"), SKIPPED, True),
        ("3C00", "E0F880", "0000008000", "DDA" + due("none"), DONE, False),
        ("1C00", "E0F8C8", "8000008000", "no method", SKIPPED, True),
        ("1C00", "E0F8C8", "0000008000", "no method", DONE, False),
        ("3C00", "E0F8C8", "0800008000", "DDA" + due("DDA"), "DDA failed", None),
        ("3C00", "", "8000008000", "DDA; the terminal's 9F33 is not here", SKIPPED, None),
    ],
)
def test_authentication(
    aip: str, caps: str, tvr: str, offer: str, result: str, agrees: bool | None
) -> None:
    changes: dict[str, Any] = {"aip": aip, "terminal": {"9F33": caps, "95": tvr}}
    assert only(judges.authentication, "the AIP offers ", **changes)[0] == offer
    assert only(judges.authentication, "the TVR says: ", **changes) == (result, agrees)


def test_status_information_that_the_profile_contradicts() -> None:
    changes: dict[str, Any] = {"second": ("40", "40"), "later": {"9B": "E800"}, "aip": "1C00"}
    text, agrees = only(judges.authentication, "the TSI says performed", **changes)
    assert text == ", although the AIP offers no method" and agrees is False
    assert not [
        one
        for one in said(judges.authentication, **{**changes, "aip": "3C00"})
        if "TSI" in one.text
    ]


@pytest.mark.parametrize(
    ("first", "more", "text", "agrees"),
    [
        (("90", "80"), SIGNATURE, "CDA asked with GENERATE AC: the card signed its answer", True),
        (("90", "80"), "", "CDA asked with GENERATE AC: the card did not sign its answer", False),
        (("90", "00"), "", "CDA asked with GENERATE AC: the card did not sign its answer", None),
        (("88", "80"), SIGNATURE, "XDA asked with GENERATE AC: the card signed its answer", True),
    ],
)
def test_combined_authentication(
    first: tuple[str, str], more: str, text: str, agrees: bool | None
) -> None:
    assert only(judges.authentication, text, first=first, more=more, aip="1D00") == ("", agrees)


def test_internal_authenticate_and_static_data() -> None:
    signed = (command("00880000", "30901B6A") + "00", tlv("80", "AA" * 8) + "9000")
    assert (
        only(judges.authentication, "INTERNAL AUTHENTICATE: ", between=(signed,))[0]
        == "the card signed"
    )
    refused = only(
        judges.authentication, "INTERNAL AUTHENTICATE: ", between=((signed[0], "6A80"),)
    )[0]
    assert refused.startswith("6A80 ")
    assert only(judges.authentication, "signed static data: ")[0].endswith(" bytes, all there")


@pytest.mark.parametrize(
    ("card", "terminal", "part", "text", "agrees"),
    [
        ({}, {}, "valid to", " 2028-12-31, used on 2026-03-14:" + GOOD, True),
        ({}, {"9A": "281231"}, "valid to", " 2028-12-31, used on 2028-12-31:" + GOOD, True),
        ({}, {"9A": "290101"}, "valid to", " 2028-12-31, used on 2029-01-01:" + UNSEEN, False),
        (
            {},
            {"9A": "290101", "95": "0040008000"},
            "valid to",
            " 2028-12-31, used on 2029-01-01:" + BAD,
            True,
        ),
        (
            {},
            {"95": "0040008000"},
            "valid to",
            " 2028-12-31, used on 2026-03-14:" + INVENTED,
            False,
        ),
        ({}, {"9A": "241231"}, "valid from", " 2025-01-01, used on 2024-12-31:" + UNSEEN, False),
        ({}, {"95": ""}, "valid from", " 2025-01-01, used on 2026-03-14: passes", None),
        ({}, {"9A": ""}, "valid to", " 2028-12-31:" + NO_DAY, None),
        ({}, {"9A": "261332"}, "valid to", " 2028-12-31:" + NO_DAY, None),
        (
            {"9F08": "008C"},
            {"9F09": "008C"},
            "version",
            " 008C of the card, 008C of the terminal:" + GOOD,
            True,
        ),
        (
            {"9F08": "008C"},
            {"9F09": "0096"},
            "version",
            " 008C of the card, 0096 of the terminal:" + UNSEEN,
            False,
        ),
        ({}, {}, "usage control", " FF80, purchase at home:" + GOOD, True),
        ({"9F07": "D700"}, {}, "usage control", " D700, purchase at home:" + UNSEEN, False),
        (
            {"9F07": "2100"},
            {"9F1A": "0056"},
            "usage control",
            " 2100, purchase abroad:" + UNSEEN,
            False,
        ),
        ({}, {"9C": ""}, "usage control", " FF80, transaction at home: not known, " + HANGS, None),
    ],
)
def test_restrictions(
    card: dict[str, str], terminal: dict[str, str], part: str, text: str, agrees: bool | None
) -> None:
    assert only(judges.restrictions, part, card=card, terminal=terminal) == (text, agrees)


@pytest.mark.parametrize(
    ("card", "terminal", "tvr", "part"),
    [
        ({"9F08": "008C"}, {"9F09": "0096"}, "0080008000", "version"),
        ({}, {"9A": "290101"}, "0040008000", "valid to"),
        ({}, {"9A": "241231"}, "0020008000", "valid from"),
        ({"9F07": "D700"}, {}, "0010008000", "usage control"),
    ],
)
def test_each_restriction_has_its_bit(
    card: dict[str, str], terminal: dict[str, str], tvr: str, part: str
) -> None:
    text, agrees = only(judges.restrictions, part, card=card, terminal={**terminal, "95": tvr})
    assert text.endswith(BAD) and agrees is True
    others = [
        one for one in said(judges.restrictions, terminal={"95": tvr}) if one.text.startswith(part)
    ]
    assert not [one for one in others if one.agrees]


@pytest.mark.parametrize(
    ("auc", "kind", "domestic", "machine", "may"),
    [
        (0xFFC0, "purchase", True, False, True),
        (0xFFC0, "purchase", None, None, True),
        (0xFF00, "cashback", True, False, False),
        (0x2D00, "purchase", False, False, None),  # international services, but not goods
        (0x2900, "purchase", False, False, False),
        (0x2900, "purchase", None, False, None),
        (0xFE00, "purchase", True, False, False),  # cash machines only
        (0xFE00, "purchase", True, True, True),
        (0xFE00, "purchase", True, None, None),
        (0x8200, "cash", True, True, True),
        (0x8200, "cash", False, True, False),
        (0xFFC0, "", True, False, None),
        (0xFFC0, "other", True, False, None),
        (0x0000, "", None, None, False),  # valid at no terminal at all
    ],
)
def test_usage_control(
    auc: int, kind: str, domestic: bool | None, machine: bool | None, may: bool | None
) -> None:
    assert judges.allowed(auc, kind, domestic, machine) is may


def test_a_card_that_names_no_country_is_not_asked_where_it_is() -> None:
    changes: dict[str, Any] = {"card": {"9F07": "0100", "5F28": ""}}
    assert only(judges.restrictions, "usage control", **changes)[1] is None
    changes["card"]["9F07"] = "0200"
    assert only(judges.restrictions, "usage control", **changes)[1] is False


def test_a_terminal_of_unknown_type_may_be_a_cash_machine() -> None:
    changes: dict[str, Any] = {"card": {"9F07": "FD80"}, "terminal": {"9F35": "EA"}}
    assert only(judges.restrictions, "usage control", **changes)[1] is None


def test_a_bank_terminal_is_a_cash_machine_where_it_gives_cash() -> None:
    changes: dict[str, Any] = {
        "card": {"9F07": "FD80"},
        "terminal": {"9F35": "14", "9F40": "7000000000"},
    }
    assert only(judges.restrictions, "usage control", **changes)[1] is True
    changes["terminal"]["9F40"] = "F000000000"
    assert only(judges.restrictions, "usage control", **changes)[1] is False


@pytest.mark.parametrize(
    ("tvr", "floor", "agrees"),
    [
        ("0000008000", "00001000", True),
        ("0000000000", "00001000", False),
        ("0000000000", "00002000", True),
    ],
)
def test_floor_limit(tvr: str, floor: str, agrees: bool) -> None:
    changes = {"terminal": {"95": tvr, "9F1B": floor}}  # 1000 hex is 4096, 2000 hex is 8192
    assert only(judges.risk, f"amount 4250, floor limit {int(floor, 16)}", **changes) == (
        "",
        agrees,
    )


def test_counters_and_no_tvr() -> None:
    counter = ("80CA9F3600", tlv("9F36", "0029") + "9000")
    texts = [one.text for one in said(judges.risk, between=(counter,), terminal={"95": ""})]
    assert texts == [
        "Application transaction counter (ATC): 41",
        "not known: no TVR (95) in this capture",
    ]


@pytest.mark.parametrize(
    ("first", "text", "agrees"),
    [
        (("80", "80"), "the terminal asked for ARQC, the card gave ARQC", True),
        (("40", "80"), "the terminal asked for TC, the card gave ARQC", False),
        (("40", "00"), "the terminal asked for TC, the card gave AAC", False),
        (("80", "40"), "the terminal asked for ARQC, the card gave TC" + MORE, False),
        (
            ("80", "C0"),
            "the terminal asked for ARQC, the card gave a cryptogram of a type that is not told",
            None,
        ),
    ],
)
def test_card_action(first: tuple[str, str], text: str, agrees: bool | None) -> None:
    assert only(judges.card_action, text, first=first) == ("", agrees)


def test_card_action_refused_missing_and_in_mag_stripe_mode() -> None:
    whole = payment()
    assert [one.text for one in judges.card_action(dialogue(whole[:4]))] == [
        "no cryptogram in this capture"
    ]
    generate = command("80AE8000", "00") + "00"
    refused = dialogue(capture(command("00A40400", AID) + "00", "9000", generate, "6985").exchanges)
    assert (
        next(judges.card_action(refused)).text == "ARQC asked; 6985 conditions of use not satisfied"
    )
    coded = dialogue(
        capture("802A8E80040000000000", tlv("77", tlv("9F61", "1234")) + "9000").exchanges
    )
    assert (
        next(judges.card_action(coded)).text
        == "mag-stripe mode: a dynamic code (CVC3), no cryptogram"
    )


def test_own_results_of_the_card() -> None:
    iad = tlv("9F10", "06010A03A4B800")
    assert only(judges.card_action, "its own results (CVR): ", more=iad)[0].startswith(
        "second GENERATE AC not asked; "
    )


EXTERNAL = command("00820000", "1122334455667788")


@pytest.mark.parametrize(
    ("tvr", "status", "agrees"),
    [
        ("0000008000", "9000", True),
        ("0000008040", "6300", True),
        ("0000008000", "6300", False),
        ("0000008040", "9000", False),
    ],
)
def test_issuer_authentication(tvr: str, status: str, agrees: bool) -> None:
    changes: dict[str, Any] = {
        "after": ((EXTERNAL, status),),
        "second": ("40", "40"),
        "later": {"95": tvr},
    }
    assert only(judges.online, "the TVR says: ", **changes)[1] is agrees
    assert only(judges.online, "the issuer's answer, 8A 3030: ", **changes)[0] == "00: approved"


def test_online_that_does_not_occur_or_is_not_here() -> None:
    assert [one.text for one in said(judges.online, first=("40", "40"))] == [
        "does not occur: the card gave TC"
    ]
    assert [one.text for one in said(judges.online)] == [
        "the issuer's answer is not in this capture"
    ]
    assert [one.text for one in judges.online(dialogue(payment()[:3]))] == [
        "not reached in this capture"
    ]
    proof = said(judges.online, second=("40", "40"), later={"91": "11223344556677880000"})
    assert (
        proof[-1].text
        == "the issuer's cryptogram (91) went to the card with the second GENERATE AC"
    )
    both = said(judges.online, after=((EXTERNAL, "9000"),), second=("40", "40"), later={"95": ""})
    assert [one.text[:20] for one in both] == ["the issuer's answer,", "EXTERNAL AUTHENTICAT"]


@pytest.mark.parametrize(("asked", "agrees"), [("40", True), ("00", False)])
def test_completion(asked: str, agrees: bool) -> None:
    assert only(judges.completion, "the issuer approved", second=(asked, "00"))[1] is agrees
    assert (
        only(judges.completion, "TSI E800: ", second=(asked, "00"), later={"9B": "E800"})[1] is None
    )


def test_completion_that_does_not_occur_or_is_not_here() -> None:
    texts = [one.text for one in said(judges.completion, first=("40", "00"))]
    assert texts == ["does not occur: the card gave AAC at once"]
    assert [one.text for one in said(judges.completion)] == [
        "no second GENERATE AC in this capture"
    ]
    assert [one.text for one in judges.completion(dialogue(payment()[:3]))] == [
        "not reached in this capture"
    ]


def test_scripts() -> None:
    block = (command("841E0000", "1122334455667788"), "9000")
    sent = said(
        judges.scripts,
        after=(block, (block[0], "6988")),
        second=("40", "40"),
        later={"95": "0000008010"},
    )
    assert [one.text for one in sent][:1] == ["APPLICATION BLOCK: the card did it"]
    assert sent[1].text.startswith("APPLICATION BLOCK: 6988 ")
    assert sent[2].text.startswith("the TVR says: ") and len(sent) == 3
    assert [one.text for one in said(judges.scripts)] == [
        "no command of the issuer in this capture"
    ]


@pytest.mark.parametrize(
    ("ctq", "reader", "text", "agrees"),
    [
        ("8000", "36C04000", DEMANDS + "the card chose online PIN required (CTQ)", True),
        ("0080", "36C04000", DEMANDS + "the card chose consumer device CVM performed (CTQ)", True),
        ("0000", "36C04000", DEMANDS + "the card chose no way to do it (CTQ)", False),
        ("", "36C04000", DEMANDS + "no CTQ (9F6C) here", None),
        ("8000", "36804000", "the reader did not demand it (TTQ)", None),
    ],
)
def test_verification_by_qualifiers(ctq: str, reader: str, text: str, agrees: bool | None) -> None:
    d = tap({"9F6C": ctq} if ctq else {}, t66=reader)
    last = list(judges.verification(d))[-1]
    assert (last.text, last.agrees) == (text, agrees)


@pytest.mark.parametrize(("cid", "agrees"), [("80", True), ("00", True), ("40", False)])
def test_a_reader_that_wants_the_issuer_asked(cid: str, agrees: bool) -> None:
    asked = [one for one in judges.card_action(tap({"9F27": cid})) if "(TTQ)" in one.text]
    assert [one.agrees for one in asked] == [agrees]


def test_phases_that_do_not_occur_with_one_answer() -> None:
    d = tap({"5F24": "250131"})
    assert next(judges.action(d)).text == judges.IN_GPO == next(judges.completion(d)).text
    assert next(judges.risk(d)).text == judges.BY_READER
    assert next(judges.authentication(d)).text == "fDDA: the card sent no signature (9F4B)"
    signed = list(judges.authentication(tap({"9F4B": "AA" * 8})))
    assert signed[0].text == "fDDA: the card signed" and signed[-1].text.startswith(
        "signed static data: not all there"
    )
    assert [(one.text, one.agrees) for one in judges.restrictions(d)] == [
        ("valid to 2025-01-31, used on 2026-03-14: fails", None)
    ]
