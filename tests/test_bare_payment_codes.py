# SPDX-License-Identifier: MIT
"""Payment codes: broken ones and those that pretend first, then what each asks for, in one line."""

from __future__ import annotations

import binascii
import tomllib

import pytest

from cardlib.bare import Reading, explain
from cardlib.bare.tables import layout
from cardlib.core.layout import values
from conftest import ROOT

CODES = tomllib.loads((ROOT / "tests/vectors/qr.toml").read_text("utf-8"))["code"]


def read(text: str) -> Reading:
    (reading,) = explain(text).readings
    assert reading.kind == "qr"
    return reading


@pytest.mark.parametrize("code", CODES, ids=[code["about"] for code in CODES])
def test_published_codes(code: dict[str, str]) -> None:
    reading = read(code["payload"])
    assert (reading.title, list(reading.remarks)) == (code["title"], code["remarks"])


MERCHANT = [code["payload"] for code in CODES if code["payload"].startswith("0002")]


@pytest.mark.parametrize("payload", MERCHANT)
def test_a_merchant_code_is_built_back(payload: str) -> None:
    data = payload.encode()
    rows = layout("QR, merchant-presented", "decimal")
    assert rows.build(values(rows.parse(data))) == data


def with_check_sum(objects: str) -> str:
    """The objects with a right check sum (CRC-16/CCITT-FALSE over all before it)."""
    text = objects + "6304"
    return f"{text}{binascii.crc_hqx(text.encode(), 0xFFFF):04X}"


REST = "5802CN5904SHOP6007BEIJING"
FAULTS = [
    ("000201520441115303156" + REST, "there is no merchant account (02 to 51)"),
    ("00020102044111520441115303156" + "5802CN5904SHOP", "the merchant city (60) is missing"),
    ("00020102044111520441115303156540401,0" + REST, "the amount (54) is no number with a point"),
    ("0002010204411152044111530315654040.00" + REST, "the amount (54) is zero"),
    ("00020102044111520441115303000" + REST, "the currency (53) 000 is not known"),
    ("0002010204411152044111530315653031565802CN" + REST[6:], "object 53 stands 2 times"),
    ("000201020441115203411" + "53031565802cn" + REST[6:], "the country (58) is not two capitals"),
    ("000201020441115203411" + "5303156" + REST, "the category (52) is not four digits"),
    (
        "00020126420014BR.GOV.BCB.PIX2520pix.example.com/q/12520400005303986"
        + "5802BR5904SHOP6003RIO",
        "what is asked comes from the server pix.example.com",
    ),
]


@pytest.mark.parametrize(("objects", "remark"), FAULTS, ids=[remark for _, remark in FAULTS])
def test_what_cannot_be_right_is_said_although_the_check_sum_is(objects: str, remark: str) -> None:
    assert remark in read(with_check_sum(objects)).remarks


@pytest.mark.parametrize(
    ("objects", "added"),
    [
        ("550202" + "56041.50", "10.00 CNY and a fee of 1.50 to"),
        ("550202", "10.00 CNY and a fee of unknown size to"),
        ("550203" + "57013", "10.00 CNY and a fee of 3 % to"),
        ("550209", "10.00 CNY to"),
    ],
)
def test_what_comes_on_top_of_the_amount_is_said(objects: str, added: str) -> None:
    code = with_check_sum("00020102044111520441115303156540510.00" + objects + REST)
    assert added in read(code).title


EPC = (
    "BCD\n002\n1\nSCT\nBHBLDEHHXXX\nFranz Mustermann\nDE71110220330123456789\nEUR12.30\n\n\nThanks"
)


@pytest.mark.parametrize(
    ("old", "new", "remark"),
    [
        ("DE71", "DE72", "the check digits of the IBAN are wrong"),
        ("EUR12.30", "EUR12,30", "the amount is not EUR and a number with a point"),
        ("SCT", "SCX", "the identification is not SCT"),
        ("002", "003", "the version is neither 001 nor 002"),
        ("Franz Mustermann", "", "the payee has no name"),
    ],
)
def test_a_broken_transfer(old: str, new: str, remark: str) -> None:
    assert remark in read(EPC.replace(old, new)).remarks


def test_names_and_accounts_of_a_transfer_are_marked() -> None:
    kinds = {node.name: node.fact.sensitive for node in read(EPC).nodes}
    assert kinds["name of the payee"] == "name"
    assert kinds["IBAN of the payee"] == "id"
    assert kinds["amount"] == ""


def test_a_swiss_reference_with_a_wrong_digit() -> None:
    payload = next(code["payload"] for code in CODES if code["about"] == "Swiss QR-bill")
    reading = read(payload.replace("210000000003139471430009017", "210000000003139471430009018"))
    assert reading.remarks == ("the check digit of the reference is wrong",)


ADDRESSES = [
    ("https://qr.alipay.com/fkx0123", "payment code of Alipay"),
    ("https://qr.95516.com/00010000/62", "payment code of UnionPay"),
    ("wxp://f2f0abcdef", "payment code of WeChat Pay"),
    ("weixin://wxpay/bizpayurl?pr=abc", "payment code of WeChat Pay"),
    ("upi://pay?pa=shop@bank&pn=Shop&am=10.00&cu=INR", "UPI code (India): asks for 10.00 INR"),
    (
        "upi://pay?pa=shop@bank",
        "UPI code (India): asks for an amount that the payer types",
    ),
    ("https://qr.alipay.com.example.net/fkx0123", "address that names Alipay"),
    ("135056725249518813", "code that a payer shows, WeChat Pay"),
    ("251001020123456789012345", "code that a payer shows, Alipay+"),
]


@pytest.mark.parametrize(("text", "title"), ADDRESSES, ids=[text for text, _ in ADDRESSES])
def test_addresses_and_digits(text: str, title: str) -> None:
    assert read(text).title == title


def test_an_address_that_pretends() -> None:
    reading = read("https://qr.alipay.com.example.net/fkx0123")
    remark = "the host qr.alipay.com.example.net is not one of Alipay: do not pay there"
    assert reading.remarks == (remark,)


@pytest.mark.parametrize(
    "text",
    ["https://example.com/pay", "BCD\n002", "SPC\n0200", "://", "https://[", "http://", "upi"],
)
def test_other_texts_are_no_payment_code(text: str) -> None:
    assert all(reading.kind != "qr" for reading in explain(text).readings)
