# SPDX-License-Identifier: MIT
"""How payments ended: sessions made by hand, one for each ending, and the real dialogues."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_secrets import AID, capture, command, text, tlv

import cardlib
from cardlib.acts.emv.transaction import Transaction, transactions
from cardlib.core import registers
from cardlib.core.model import Evidence

CDOL1, CDOL2 = "9F02069505", "8A029505"
GPO = ("80A8000002830000", tlv("77", tlv("82", "3C00") + tlv("94", "08010100")) + "9000")
RECORD = ("00B2010C00", tlv("70", tlv("8C", CDOL1) + tlv("8D", CDOL2)) + "9000")
PPSE = (
    "00A404000E325041592E5359532E444446303100",
    tlv("6F", tlv("84", text("2PAY.SYS.DDF01"))) + "9000",
)
AMOUNT, CLEAN, DECLINED = "000000004250", "0000000000", "0800000000"


def select(aid: str = AID, answer: str = "") -> tuple[str, str]:
    return command("00A40400", aid) + "00", answer or tlv(
        "6F", tlv("84", aid) + tlv("A5", tlv("50", text("X")))
    ) + "9000"


def generate(p1: str, data: str, cid: str) -> tuple[str, str]:
    answer = tlv("77", tlv("9F27", cid) + tlv("9F36", "0001") + tlv("9F26", "0102030405060708"))
    return command(f"80AE{p1}00", data) + "00", f"{answer}9000"


def payments(*pairs: tuple[str, str]) -> list[Transaction]:
    return transactions(capture(*(line for pair in pairs for line in pair)))


def one(*pairs: tuple[str, str]) -> str:
    found = payments(*pairs)
    assert len(found) == 1
    return found[0].headline


BEGIN = (select(), GPO, RECORD)
NAME = "Visa credit or debit"
PAID = f"{NAME}, 4250 minor units"


def test_declined_by_the_card() -> None:
    told = one(*BEGIN, generate("40", AMOUNT + DECLINED, "00"))
    assert told.startswith(
        f"{PAID}: declined by the card in exchange 3: AAC; "
        "the terminal asked for TC; TVR 0800000000: "
    )


def test_declined_by_the_terminal() -> None:
    told = one(*BEGIN, generate("00", AMOUNT + DECLINED, "00"))
    assert told.startswith(
        f"{PAID}: declined by the terminal in exchange 3: AAC; the terminal asked for AAC; TVR 08"
    )


@pytest.mark.parametrize(
    ("cids", "outcome", "kind"),
    [
        (("40",), "approved offline", "TC"),
        (("80",), "the card asks for an online decision", "ARQC"),
        (("80", "40"), "approved by the issuer", "TC"),
        (("80", "00"), "declined by the card although the issuer approved", "AAC"),
        (("80", "80"), "ended with a second ARQC, which decides nothing", "ARQC"),
        (("C0",), "ended with a cryptogram of a type that is not told", ""),
    ],
)
def test_outcome_by_cryptograms(cids: tuple[str, ...], outcome: str, kind: str) -> None:
    data = (AMOUNT + CLEAN, "3030" + CLEAN)
    found = payments(
        *BEGIN, *(generate("40", values, cid) for values, cid in zip(data, cids, strict=False))
    )
    assert [t.outcome for t in found] == [outcome]
    assert (found[0].why[0] == kind) if kind else "the terminal asked for TC" in found[0].why
    assert found[0].evidence == (Evidence(2 + len(cids), "response", 2, 6),)
    assert (found[0].aid, found[0].name, found[0].index, found[0].session) == (AID, NAME, 0, 0)


def test_second_cryptogram_refused() -> None:
    refused = (command("80AE4000", "3030" + CLEAN) + "00", "6985")
    told = one(*BEGIN, generate("80", AMOUNT + CLEAN, "80"), refused)
    assert told.startswith(
        f"{PAID}: the card asks for an online decision in exchange 3, "
        "then refused by the card in exchange 4: ARQC; "
    )
    assert "; 6985 conditions of use not satisfied" in told


def test_refused_at_get_processing_options() -> None:
    found = payments(select(), (GPO[0], "6985"))
    assert found[0].headline.startswith(
        f"{NAME}: refused by the card in exchange 1: 6985 conditions of use not "
    )
    assert found[0].evidence == (Evidence(1, "response", 0, 2),)


def test_selection_refused_is_a_payment_that_did_not_happen_but_not_found_is_none() -> None:
    assert one(select(answer="6A81")).startswith(
        f"{NAME}: refused by the card in exchange 0: 6A81 "
    )
    assert payments(select(answer="6A82")) == []


def test_selected_only_read_only_and_no_status_word() -> None:
    assert one(select()) == f"{NAME}: selected only: no GET PROCESSING OPTIONS in this capture"
    assert one(*BEGIN) == f"{NAME}: read only: no cryptogram in this capture"
    assert (
        one(select(), (GPO[0], "00000000")) == f"{NAME}: read only: no cryptogram in this capture"
    )


def test_directory_alone_is_no_payment() -> None:
    assert payments(PPSE) == []
    assert payments(PPSE, ("00B2010C00", "6A83")) == []
    assert "=> Contactless payment directory PPSE (2PAY.SYS.DDF01)\n" in str(capture(*PPSE))


def test_other_cards_have_no_payment() -> None:
    assert payments(("00A40004023F0000", "9000"), ("00B0000010", "6A82")) == []


def test_two_payments_in_one_capture_and_in_two_sessions() -> None:
    mastercard = select("A0000000041010")
    found = payments(*BEGIN, generate("80", AMOUNT + CLEAN, "80"), mastercard, (GPO[0], "6985"))
    assert [t.outcome for t in found] == [
        "the card asks for an online decision",
        "refused by the card",
    ]
    assert [len(t.exchanges) for t in found] == [4, 2]
    rows = ['{"card_capture": 1}']
    for number in (0, 1):
        rows.append(f'{{"session": {number}, "clock": "none"}}')
        for line, sender in zip((*select(), *GPO), ("reader", "card") * 2, strict=True):
            rows.append(f'{{"t": null, "from": "{sender}", "kind": "apdu", "data": "{line}"}}')
    assert [t.session for t in transactions(cardlib.read_text("\n".join(rows)))] == [0, 1]


def test_a_capture_that_starts_in_the_middle() -> None:
    told = one(generate("40", AMOUNT + CLEAN, "00"))
    assert (
        told == "payment application, not known which: "
        "declined by the card in exchange 0: AAC; the terminal asked for TC"
    )


def test_application_without_a_name() -> None:
    # the RID is one of ours that no row names
    assert one(select("A000000999FFFF")).split(":")[0]


def test_contactless_cards_tell_in_the_answer_to_gpo() -> None:
    told = tlv("77", tlv("82", "2000") + tlv("9F26", "0102030405060708") + "{}")
    iad = tlv("9F10", "06010A03A00000")
    assert one(select(), (GPO[0], told.replace("{}", "")[:2] + _sized(told, "") + "9000")).endswith(
        "is not told in exchange 1"
    )
    for byte, outcome in (
        ("80", "declined by the card"),
        ("90", "approved offline"),
        ("A0", "asks for an online decision"),
    ):
        found = one(
            select(), (GPO[0], "77" + _sized(told, iad.replace("A00000", f"{byte}0000")) + "9000")
        )
        assert outcome in found
    other = one(select("A0000000041010"), (GPO[0], "77" + _sized(told, iad) + "9000"))
    assert "is not told" in other


def _sized(template: str, more: str) -> str:
    value = template[4:].replace("{}", more)
    return f"{len(value) // 2:02X}{value}"


def test_mag_stripe_mode() -> None:
    checksum = (
        "802A8E800400000000" + "00",
        tlv("77", tlv("9F61", "1234") + tlv("9F36", "0001")) + "9000",
    )
    found = payments(select("A0000000041010"), GPO, checksum)
    assert found[0].headline.endswith(
        "paid in mag-stripe mode in exchange 2: the card computed a dynamic code (CVC3)"
    )
    assert found[0].evidence[0].exchange == 2


def test_exchanges_stay_out_of_the_repr() -> None:
    assert "Exchange" not in repr(payments(*BEGIN)[0])


def test_keys_and_action_codes_stay_with_each_payment_and_keys_out_of_the_repr(
    tmp_path: Path,
) -> None:
    file, value = tmp_path / "mine.toml", "0123456789ABCDEF" * 2
    file.write_text(f'[[key]]\nuse = "imk-ac"\nvalue = "{value}"\n', "utf-8")
    codes = dict.fromkeys(("denial", "online", "default"), "0000000000")
    dialogue = capture(*(line for pair in BEGIN for line in pair))
    (found,) = cardlib.transactions(dialogue, tac=codes, keys=[file])
    assert found.keys and found.keys[0].value.hex().upper() == value and found.tac
    assert "keys" not in repr(found) and value not in repr(found).upper()
    assert cardlib.transactions(dialogue)[0].keys is None


REAL = {
    "emv-bertlv/amex-cda-in.txt": [
        "American Express, 120.00 AUD: the card asks for an online decision"
    ],
    "emv-bertlv/contact-mastercard-in.txt": [
        "read only",
        "declined by the card although the issuer approved in exchange 15",
    ],
    "emv-bertlv/contact-visa-in.txt": ["read only", "approved by the issuer in exchange 15: TC"],
    "emv-bertlv/amex-msd-mobile.txt": ["the card asks for an online decision"],
    "devnied-emv/LockedCard.txt": ["refused by the card in exchange 2: 6985"],
    "nfsee/visa.txt": ["the card asks for an online decision"],
    "nfsee/beijing.txt": [],
}


@pytest.mark.parametrize("name", REAL)
def test_real_dialogues(real_captures: Path, name: str) -> None:
    found = [t.headline for t in transactions(cardlib.read(real_captures / name))]
    assert len(found) == len(REAL[name])
    assert all(wanted in told for wanted, told in zip(REAL[name], found, strict=True))


@pytest.mark.parametrize(
    ("amount", "currency", "told"),
    [
        ("00000000425F", "0978", ""),
        ("000000004250", "0001", "4250 minor units"),
        ("000000004250", "FFFF", "4250 minor units"),
        ("000000004250", "0978", "42.50 EUR"),
        ("000000000000", "0978", "0.00 EUR"),
        ("000000004250", "0392", "4250 JPY"),
        ("000000004250", "0414", "4.250 KWD"),
        ("999999999999", "0156", "9999999999.99 CNY"),
    ],
)
def test_the_amount_is_told_in_its_currency(amount: str, currency: str, told: str) -> None:
    record = ("00B2010C00", tlv("70", tlv("8C", "9F02065F2A02")) + "9000")
    (found,) = payments(select(), GPO, record, generate("80", amount + currency, "80"))
    assert found.amount == told and found.headline.startswith(
        f"{NAME}{', ' * bool(told)}{told}: the card asks"
    )


def test_exponents_are_of_currencies() -> None:
    codes = registers.register("iso_codes")
    assert codes["exponents"].keys() <= codes["currencies"].keys() and set(
        codes["exponents"].values()
    ) == set("034")
