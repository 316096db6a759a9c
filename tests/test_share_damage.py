# SPDX-License-Identifier: MIT
"""Redaction of damaged captures: no PIN, key, ten digits of a card number or name comes out, whatever was hit."""

from __future__ import annotations

from pathlib import Path

import pytest
from damage import FORMATS, KEY, capture_of, case, found_in, leaks
from test_share_export import known

import cardlib
from cardlib.core.errors import CaptureError
from cardlib.formats.radio import crc_of
from cardlib.share import export
from cardlib.share.redaction import redacted

pytestmark = pytest.mark.no_cover  # much of the same: measuring its coverage takes longer

EACH = 200  # captures a test


def search(seeds: range) -> None:
    """Redact damaged captures; nearly all of them can be read."""
    unread = 0
    for seed in seeds:
        parts = leaks(seed)
        if parts is None:
            unread += 1
        assert not parts, seed
    assert unread <= len(seeds) / 50


def test_the_search_finds_what_is_there() -> None:
    """Of captures as they are written, nearly all hold a secret that the search knows in hex."""
    rows = [case(seed) for seed in range(0, 40 * len(FORMATS), len(FORMATS))]  # our own format
    hits = [found_in(data.decode("utf-8", "replace"), who) for _, who, data in rows]
    assert sum(map(bool, hits)) > 30
    kinds = {kind for row in hits for kind in row}
    assert kinds >= {"PAN", "name", "PIN", "key", "ICCID", "IMSI"}


@pytest.mark.parametrize(
    "part", [*range(2), *(pytest.param(part, marks=pytest.mark.long) for part in range(2, 10))]
)
def test_no_secret_comes_out_of_2_000_damaged_captures(part: int) -> None:
    search(range(EACH * part, EACH * (part + 1)))


@pytest.mark.long
@pytest.mark.parametrize("part", range(100))
def test_no_secret_comes_out_of_100_000_damaged_captures(part: int) -> None:
    search(range(2_000 + 1_000 * part, 2_000 + 1_000 * (part + 1)))


@pytest.mark.parametrize(
    ("count", "least"), [(110, 330), pytest.param(300, 900, marks=pytest.mark.long)]
)
def test_damaged_captures_keep_their_exchanges_when_converted(
    tmp_path: Path, count: int, least: int
) -> None:
    """From the file with every context, from a capture in memory with every command and answer."""
    out, compared = tmp_path / "out", 0
    for seed in range(count):
        try:
            capture = capture_of(seed)
        except CaptureError:
            continue
        export.convert(capture, out)
        again = cardlib.read(out)
        assert [(e.command, e.response) for e in again.exchanges] == [
            (e.command, e.response) for e in capture.exchanges
        ], seed
        export.convert(out, tmp_path / "twice")
        assert known(cardlib.read(tmp_path / "twice"))[2] == known(again)[2], seed
        compared += len(capture.exchanges)
    assert compared > least


FRAGMENTS = {
    # A part of a PIN block, of a key, or of a name where a command was expected: nothing of it is copied.
    "a PIN block": ("> 2712345678FFFFFF\n< 9000\n", "2712345678"),
    "a PIN block that is short": ("> 0027123456\n< 9000\n", "271234"),
    "a class that is reserved": ("> 2824031122339000\n< 9000\n", "282403"),
    "a PIN as P1 and P2 of what has no data": ("> 0328945700\n< 6700\n", "289457"),
    "a PIN behind the class": ("> 0028945700\n< 6700\n", "289457"),
    "an Lc that is too large": ("> 0020008008241234FF\n< 6700\n", "241234"),
    "an Lc that is too small": ("> 0020008002241234FFFFFFFFFF\n< 9000\n", "241234"),
    "an Lc that was lost": ("> 00200080241234FFFFFFFFFF\n< 9000\n", "241234"),
    "an answer without a status word": ("> 80A8000002830000\n< 80082745938761FFFFFF\n", "27459387"),
    "an object that is too long": ("> 00B2010C00\n< 70085F2025414243449000\n", "41424344"),
    "an answer to what is no command": ("> 4AFEA52700\n< 7A4AFEA5279000\n", "4AFEA527"),
    "an AID of more bytes than one has": (
        "> 00A4040014A0000000031010000000000000112233445566778800\n< 6A82\n",
        "A000000003",
    ),
    "a key as an AID": ("> 00A4040008A1B2C3D4E5F6071800\n< 6A82\n", "A1B2C3"),
}


@pytest.mark.parametrize("name", FRAGMENTS)
def test_what_does_not_prove_itself_is_closed(name: str) -> None:
    text, secret = FRAGMENTS[name]
    selected = "> 00A4040007A000000003101000\n< 6F098407A00000000310109000\n"
    for before in ("", selected):
        output = redacted(cardlib.read_text(before + text), KEY)[1]
        last = "".join(output.splitlines()[-2:])
        assert secret not in last.replace(" ", ""), before


def test_a_header_that_is_a_part_of_a_key_is_closed() -> None:
    """A piece of a key of which one byte is, by chance, the length of what follows, of an instruction that is known."""
    key = "92957CB5280ABA255E8AA067EBBCC012"
    usim = "> 00A4040007A000000087100200\n< 9000\n"
    lines = f"> 008800811110{'31' * 16}00\n< DB08{key[:16]}10{key}10{key}9000\n"
    output = redacted(cardlib.read_text(f"{usim}{lines}> {key[2:]}00\n< 9000\n"), KEY)[1]
    assert "957C" not in output and "7CB5" not in output


@pytest.mark.parametrize("block", ["5A084761739001010119", "0000412233445566778899AA", "C24142"])
def test_a_block_without_data_needs_its_check(block: str) -> None:
    """Shorter than the least block with data, and no R- or S-block: it may be a part of anything."""
    rows = [
        '{"card_capture": 1}',
        '{"session": 0, "interface": "contact"}',
        '{"from": "card", "kind": "atr", "data": "3B80018101"}',
    ]
    for size in range(2, 11, 2):
        part = block[:size]
        row = f'{{"from": "card", "kind": "block", "data": "{part}"}}'
        output = redacted(cardlib.read_text("\n".join([*rows, row])), KEY)[1]
        assert f'"data": "{"0" * len(part)}"' in output


def test_a_status_word_that_was_taken_for_a_command_of_a_chip_shares_nothing() -> None:
    """61 16 in a block of its own, as DESFire: the list of files, and what stands behind an error code."""
    rows = ['{"card_capture": 1}', '{"session": 0, "interface": "contactless"}']
    number = 2
    for answer in ("A02000010416572483", "000A275746219FFFFF"):
        for sender, data in (("reader", "6116"), ("card", answer)):
            block = bytes((number,)) + bytes.fromhex(data)
            data = (block + crc_of("A", block)).hex().upper()
            rows.append(f'{{"from": "{sender}", "kind": "block", "data": "{data}"}}')
        number ^= 1
    capture = cardlib.read_text("\n".join(rows), format="card.jsonl")
    assert [exchange.protocol for exchange in capture.exchanges] == ["desfire", "desfire"]
    output = redacted(capture, KEY)[1]
    assert "16572483" not in output and "5746219" not in output
