# SPDX-License-Identifier: MIT
"""Seeded synthetic EMV: templates as a card answers them, and a long log of transactions. No real card is in it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from cardlib.core.model import Frame, Session
from cardlib.formats import card_jsonl

Value = bytes | list["Pair"]
Pair = tuple[str, Value]  # (tag, value): what a parser should find

AIDS = tuple(
    map(bytes.fromhex, ("A0000000031010", "A0000000041010", "A00000002501", "A0000001523010"))
)
PDOL = bytes.fromhex("9F66049F02069F03069F1A0295055F2A029A039C019F3704")
CDOL1 = bytes.fromhex("9F02069F03069F1A0295055F2A029A039C019F37049F35019F45029F34039F2103")
CDOL2 = bytes.fromhex("8A029F02069F03069F1A0295055F2A029A039C019F3704")
COUNTRIES = ("0840", "0276", "0156", "0250", "0826", "0056", "0036", "0392")
CVM = bytes.fromhex("0000000000000000420344035E031F03")
NAMES = (b"CARDHOLDER/TEST", b"SAMPLE/CARD", b"MODELLED/CARD A", b"NOBODY/AT ALL")


def encode(pairs: list[Pair]) -> bytes:
    """BER-TLV of a nested list, lengths in their shortest form."""
    out = []
    for tag, value in pairs:
        body = value if isinstance(value, bytes) else encode(value)
        size = len(body)
        long = b"" if size < 0x80 else b"\x81" if size < 0x100 else b"\x82"
        out.append(bytes.fromhex(tag) + long + size.to_bytes(2 if size > 0xFF else 1, "big") + body)
    return b"".join(out)


def templates(count: int, seed: int = 1) -> list[list[Pair]]:
    """20 % answers to SELECT, 20 % to GET PROCESSING OPTIONS, 60 % records."""
    rng = random.Random(seed)
    kinds = [fci, gpo, *RECORDS]
    return [
        rng.choices(kinds, (20, 20, *[60 / len(RECORDS)] * len(RECORDS)))[0](rng)
        for _ in range(count)
    ]


def fci(rng: random.Random) -> list[Pair]:
    """The answer to SELECT by name."""
    label = rng.choice((b"VISA DEBIT", b"MASTERCARD", b"AMEX", b"DEBIT CARD"))
    log: list[Pair] = (
        [("9F4D", b"\x0b\x0a")] if rng.random() < 0.5 else [("9F5A", rng.randbytes(5))]
    )
    inner: list[Pair] = [
        ("50", label),
        ("87", b"\x01"),
        ("9F38", PDOL),
        ("5F2D", b"ende"),
        ("9F11", b"\x01"),
    ]
    return [
        ("6F", [("84", rng.choice(AIDS)), ("A5", [*inner, ("9F12", label.title()), ("BF0C", log)])])
    ]


def gpo(rng: random.Random) -> list[Pair]:
    """Format 2: a contactless payment in one answer, or AIP and AFL only."""
    afl = bytes.fromhex(
        "0801010010010301" if rng.random() < 0.5 else "08010100100103011801020020010200"
    )
    head: list[Pair] = [("82", rng.choice((b"\x5d\x80", b"\x39\x00", b"\x20\x00"))), ("94", afl)]
    if rng.random() < 0.3:
        return [("77", head)]
    iad = b"\x06\x01\x0a\x03\xa0" + rng.randbytes(2)
    payment: list[Pair] = [
        ("5F34", b"\x01"),
        ("9F10", iad),
        ("9F26", rng.randbytes(8)),
        ("9F27", b"\x80"),
    ]
    payment += [
        ("9F36", rng.randbytes(2)),
        ("9F6C", b"\x20\x00"),
        ("57", track2(rng)),
        ("9F6E", rng.randbytes(4)),
    ]
    return [("77", head + payment)]


def track2(rng: random.Random) -> bytes:
    return bytes.fromhex(f"{pan(rng)}D3012201{rng.randrange(10**11):011}F")


def pan(rng: random.Random) -> str:
    return f"476173{rng.randrange(10**10):010}"


def _holder(rng: random.Random) -> list[Pair]:
    return [("70", [("57", track2(rng)), ("5F20", rng.choice(NAMES)), ("9F1F", b"0" * 24)])]


def _data(rng: random.Random) -> list[Pair]:
    country = bytes.fromhex(rng.choice(COUNTRIES))
    inner: list[Pair] = [
        ("5A", bytes.fromhex(pan(rng))),
        ("5F24", b"\x30\x12\x31"),
        ("5F25", b"\x22\x01\x01"),
    ]
    inner += [("5F28", country), ("5F34", b"\x01"), ("9F07", b"\xff\x00"), ("8E", CVM)]
    inner += [(tag, rng.randbytes(5)) for tag in ("9F0D", "9F0E", "9F0F")]
    return [("70", [*inner, ("9F4A", b"\x82"), ("5F30", b"\x02\x01")])]


def _lists(rng: random.Random) -> list[Pair]:
    inner: list[Pair] = [("8C", CDOL1), ("8D", CDOL2), ("9F08", b"\x00\x8c"), ("9F42", b"\x08\x40")]
    inner += [("9F44", b"\x02"), ("9F49", b"\x9f\x37\x04"), ("5F2A", b"\x08\x40")]
    inner += [
        ("9F0D", rng.randbytes(5)),
        ("9F0E", bytes(5)),
        ("9F0F", rng.randbytes(5)),
        ("8E", CVM),
    ]
    return [("70", [*inner, ("9F07", b"\xff\xc0"), ("5F28", b"\x02\x76")])]


def _certificate(rng: random.Random) -> list[Pair]:
    size = rng.choice((128, 176, 248))
    return [
        (
            "70",
            [
                ("8F", b"\x08"),
                ("9F32", b"\x03"),
                ("92", rng.randbytes(36)),
                ("90", rng.randbytes(size)),
            ],
        )
    ]


RECORDS = (_holder, _data, _data, _lists, _certificate, _certificate)


def write_log(path: Path, exchanges: int, seed: int = 3) -> None:
    """One card session with that many exchanges, transaction after transaction, in our own format."""
    with path.open("w", encoding="utf-8", newline="") as file:
        card_jsonl.write(file, _log(exchanges, random.Random(seed)))


def _log(exchanges: int, rng: random.Random) -> Iterator[Session | Frame]:
    yield Session(0, clock="modelled", interface="contactless")
    now, done, index = 0, 0, 0
    while done < exchanges:
        for command, answer, took in _transaction(rng)[: exchanges - done]:
            now += rng.randrange(200_000, 3_000_000)
            yield Frame(index, now, "reader", "apdu", command, 0, 0, 0)
            now += int(took * rng.uniform(0.8, 1.4))
            yield Frame(index + 1, now, "card", "apdu", answer + b"\x90\0", 0, 0, 0)
            index, done = index + 2, done + 1


def _transaction(rng: random.Random) -> list[tuple[bytes, bytes, float]]:
    """(command, data of the answer, mean time in ns) of one payment."""
    select = fci(rng)
    aid = next(value for tag, value in select[0][1] if tag == "84")  # type: ignore[misc]
    ppse: list[Pair] = [
        ("6F", [("84", b"2PAY.SYS.DDF01"), ("A5", [("BF0C", [("61", [("4F", aid)])])])])
    ]
    values = [
        rng.randbytes(4),
        bytes.fromhex("000000001999000000000000"),
        b"\x08\x40",
        bytes(5),
        b"\x08\x40",
    ]
    asked = b"".join((*values, b"\x25\x06\x01\0", rng.randbytes(4)))
    steps = [
        (b"\0\xa4\4\0\x0e2PAY.SYS.DDF01\0", encode(ppse), 8e6),
        (b"\0\xa4\4\0" + bytes((len(aid),)) + bytes(aid) + b"\0", encode(select), 12e6),  # type: ignore[arg-type]
        (
            b"\x80\xa8\0\0" + bytes((len(asked) + 2, 0x83, len(asked))) + asked + b"\0",
            encode(gpo(rng)),
            40e6,
        ),
    ]
    for record, make in enumerate((_holder, _data, _lists, _certificate, _certificate), 1):
        steps.append((bytes((0, 0xB2, record, 0x0C, 0)), encode(make(rng)), 9e6))
    risk = asked[4:] + b"\x22\0\0\x1f\x03\x02\x12\x30\x00"
    ac: list[Pair] = [("9F27", b"\x80"), ("9F36", rng.randbytes(2)), ("9F26", rng.randbytes(8))]
    answer = encode([("77", [*ac, ("9F10", b"\x06\x01\x0a\x03\xa0\0\0")])])
    return [*steps, (b"\x80\xae\x80\0" + bytes((len(risk),)) + risk + b"\0", answer, 90e6)]
