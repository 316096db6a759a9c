# SPDX-License-Identifier: MIT
"""Redaction: planted secrets are in no output in any form, what may stay stays, and twice is the same as once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache, reduce
from operator import xor
from pathlib import Path
from random import Random
from typing import Any

import pytest
from captures import trace
from hypothesis import given
from hypothesis import strategies as st
from test_secrets import (
    NAME,
    PAN,
    PLANTED,
    SELECTED,
    Run,
    capture,
    capture_with,
    command,
    even,
    forms,
    pin_block,
    read_record,
    text,
    tlv,
)
from test_secrets import run as run  # a fixture

import cardlib
from cardlib import Capture, CaptureError
from cardlib.apps import facts_of
from cardlib.core.codec import luhn_ok
from cardlib.core.model import Context, Node, Sensitive
from cardlib.formats.radio import crc_fits, crc_of
from cardlib.road.meaning import halves
from cardlib.share.frames import rebuilt_exchange
from cardlib.share.known import Known
from cardlib.share.madeup import PREFIX, fake_number, made_up
from cardlib.share.manifest import COPIED, DROPPED, Work
from cardlib.share.masked_frames import frame_hex
from cardlib.share.masking import shown
from cardlib.share.redaction import redacted

TRACES = Path(__file__).resolve().parent.parent / "traces"
KEY, OTHER_KEY = b"one key", b"another key"
BINS = ("4761", "5413", "3742", "6011", "3528", "6222")
SURNAMES, GIVEN = (
    ("QUISPE", "MAMANI", "OYELARAN", "SZYMBORSKA"),
    ("MARISOL", "EUGENIUSZ", "ABIDEMI", "KLEMENTYNA"),
)


def swap(digits: str) -> str:
    return "".join(b + a for a, b in zip(digits[::2], digits[1::2], strict=True))


def with_check_digit(body: str) -> str:
    return next(f"{body}{digit}" for digit in range(10) if luhn_ok(f"{body}{digit}"))


class Secrets:
    """What one made-up person must not lose, and every form in which it could be found."""

    def __init__(self, rng: Random) -> None:
        size = rng.choice((13, 15, 16, 16, 16, 19))
        self.pan = with_check_digit(
            rng.choice(BINS) + "".join(rng.choices("0123456789", k=size - 5))
        )
        self.name = f"{rng.choice(SURNAMES)}/{rng.choice(GIVEN)}"
        self.extra = "".join(rng.choices("123456789", k=rng.randint(9, 11)))
        self.pin = "".join(rng.choices("0123456789", k=8))
        self.key = rng.randbytes(16).hex().upper()
        self.track2 = even(f"{self.pan}D2512201{self.extra}")
        self.track1 = text(f"B{self.pan}^{self.name}^2512201{self.extra}")

    def forms(self) -> dict[str, str]:
        """Upper case, without blanks. Short ones are left out: they occur by chance."""
        groups = " ".join(self.pan[i : i + 4] for i in range(0, len(self.pan), 4))
        found = {
            "PAN": self.pan,
            "middle": self.pan[3:-2],
            "PAN ASCII": text(self.pan),
            "groups": text(groups),
        }
        found |= {
            "middle ASCII": text(self.pan[3:-2]),
            "swapped": swapped(self.pan),
            "wide": text("\0".join(self.pan)),
        }
        found |= {
            "name": self.name,
            "surname": self.name.split("/")[0],
            "name hex": text(self.name),
        }
        found |= {
            "surname hex": text(self.name.split("/")[0]),
            "given hex": text(self.name.split("/")[1]),
        }
        found |= {"track": self.extra, "track ASCII": text(self.extra)}
        found |= {"PIN block": pin_block(self.pin), "PIN ASCII": text(self.pin), "PIN": self.pin}
        return found | {"key": self.key, "half a key": self.key[:16], "other half": self.key[16:]}


def swapped(digits: str) -> str:
    """BCD with its nibbles exchanged, as in files of a SIM."""
    return "".join(
        b + a for a, b in zip(even(digits)[::2], even(digits)[1::2], strict=True)
    ).rstrip("F")


def noise(rng: Random, most: int = 6) -> str:
    return rng.randbytes(rng.randint(0, most)).hex().upper()


def answers(rng: Random, s: Secrets) -> Iterator[str]:
    """Data of answers, each with a secret in one form."""
    unknown = rng.choice(
        ("DF7F", "9F7D", "DF01", "C5", "BF0C", "9F10", "50", "9F12", "9F1E", "84", "5F2D", "9F4B")
    )
    groups = " ".join(s.pan[i : i + 4] for i in range(0, len(s.pan), 4))
    yield tlv("70", tlv("5A", even(s.pan)) + tlv("57", s.track2))
    yield tlv(
        "70", tlv("5F20", text(s.name.ljust(rng.randint(18, 26)))) + tlv("9F1F", text(s.extra))
    )
    yield tlv("70", tlv("56", s.track1) + tlv("9F0B", text(s.name)))
    yield tlv("77", tlv(unknown, even(s.pan)))
    yield tlv("70", tlv(unknown, noise(rng) + even(s.pan) + noise(rng)))
    yield tlv("70", tlv(unknown, even(f"{rng.randint(0, 9)}{s.pan}")))  # the other nibble
    yield tlv("70", tlv(unknown, text(rng.choice((s.pan, groups, s.name, f"{s.pan}={s.extra}")))))
    yield tlv("70", tlv(unknown, rng.choice((s.track1, s.track2, pin_block(s.pin), s.key))))
    yield tlv("70", tlv("5A", even(s.pan)) + tlv("9F10", even(s.pan)) + tlv("9F08", text(s.name)))
    yield (
        noise(rng)
        + rng.choice((even(s.pan), s.track2, text(s.name), swapped(s.pan), s.key))
        + noise(rng)
    )
    yield f"70{rng.randint(50, 99):02X}{tlv('5A', even(s.pan))}5F20{len(s.name):02X}{text(s.name)}"


def exchanges(rng: Random, s: Secrets) -> list[str]:
    """Commands and answers of one capture: one kind of secret, at one kind of place."""
    lines: list[str] = list(SELECTED) if rng.random() < 0.7 else []
    kind = rng.randrange(7)
    if kind == 0:
        whole = rng.choice(list(answers(rng, s)))
        cut = rng.randrange(2, len(whole) - 1) // 2 * 2
        parts = (
            "00B2010C00",
            "6140",
            "00C0000040",
            f"{whole[:cut]}6120",
            "00C0000020",
            f"{whole[cut:]}9000",
        )
        return [*lines, *parts]
    if kind == 1:
        whole = rng.choice((even(s.pan), s.track2, text(s.name), text(s.pan), s.track1))
        cut = rng.randrange(2, len(whole) - 1) // 2 * 2
        return [*lines, "00B0000000", f"{whole[:cut]}9000", "00B0000800", f"{whole[cut:]}9000"]
    if kind == 2:
        header = rng.choice(
            ("00200080", "00200001", "00240080", "002C0081", "A0200001", "84240002", "00210080")
        )
        pin = rng.choice((pin_block(s.pin), text(s.pin), even(s.pin)))
        return [
            *lines,
            command(header, pin),
            rng.choice(("9000", "63C2", "6700")),
            f"0020008030{pin}",
            "6700",
        ]
    if kind == 3:
        load = [command("FF820000", s.key), "9000", command("80D80181", s.key + s.key), "9000"]
        return [*lines, *load, command("80E28000", s.key), "9000", "0084000000", f"{s.key}9000"]
    if kind == 4:
        given = tlv("83", s.pan.ljust(20, "F")[:20] + text(s.name))
        return [
            *lines,
            command("80A80000", given) + "00",
            "6985",
            command("00A40400", text(s.name)),
            "6A82",
        ]
    if kind == 5:
        wrong = rng.choice((even(s.pan), text(s.name)))
        return [
            *lines,
            "00B2010C00",
            f"{wrong}6C20",
            "00B2010C20",
            rng.choice(list(answers(rng, s))) + "9000",
        ]
    return [
        *lines,
        *read_record(1, rng.choice(list(answers(rng, s)))),
        "",
        rng.choice(list(answers(rng, s))) + "9000",
    ]


def spelled(rng: Random, s: Secrets, lines: list[str]) -> str:
    """The capture as text of some format, with secrets in what stands around the bytes."""
    dump = f"0010  {even(s.pan)[:16]}  |{s.name}|  {s.pan}"
    form = rng.randrange(5)
    if form == 0:
        return "\n".join([*dumped(lines), f"{_LOGGED} card of {s.name}: {s.pan} {s.key}", dump])
    if form < 3:
        rows = [f"{'><'[place % 2]} {line}" for place, line in enumerate(lines) if line]
        rows.insert(
            rng.randrange(len(rows)),
            rng.choice((f"# {s.name} {s.pan} {s.key}", dump, f"{s.track2} is it {s.pin}")),
        )
        return "\n".join(rows)
    meta = {
        "session": 0,
        "clock": "host",
        "started": "2024-05-06",
        "meta": {"reader": s.name, "card": s.pan},
    }
    made = [
        {"card_capture": 1, "made_by": s.name},
        meta,
        {"problem": s.name, "detail": dump, "raw": even(s.pan)},
    ]
    for place, line in enumerate(lines):
        if line:
            sender = "card" if place % 2 else "reader"
            made.append(
                {
                    "t": 10**6 * place + 7,
                    "from": sender,
                    "kind": "apdu",
                    "data": line,
                    "note": s.pan,
                }
            )
    made.append({"t": None, "from": "none", "kind": "event", "data": text(s.name), "note": s.name})
    made.append(
        {
            "t": None,
            "from": "card",
            "kind": rng.choice(("rf", "block")),
            "data": even(s.pan) + text(s.name),
        }
    )
    return "\n".join(json.dumps(row) for row in made)


_LOGGED = "P:4486; T:0x140259096578112 15:32:20.500 [opensc-tool] reader-pcsc.c:326:pcsc_transmit:"


def dumped(lines: list[str]) -> Iterator[str]:
    """As OpenSC writes them: sixteen bytes a row, and beside them a column of text."""
    for place, line in enumerate(lines):
        data = bytes.fromhex(line)
        if data:
            yield from (
                "",
                f"{_LOGGED} ",
                f"{('Outgoing', 'Incoming')[place % 2]} APDU ({len(data)} bytes):",
            )
        for at in range(0, len(data), 16):
            row = data[at : at + 16]
            yield f"{row.hex(' ').upper()} {re.sub('[^ -~]', '.', row.decode('latin-1'))}"


def found_in(output: str, wanted: dict[str, str]) -> list[str]:
    """Which forms occur in a text, or in all of its bytes one behind the other, with and without status words."""
    data = re.findall(
        r'"(?:data|raw)": "([0-9A-F]*)"',
        output.upper().replace('"DATA"', '"data"').replace('"RAW"', '"raw"'),
    )
    joined = "".join(data) + "|" + "".join(part[:-4] for part in data)
    words = "".join(output.upper().split())
    return [
        what for what, form in wanted.items() if form in joined or (form in words and what != "PIN")
    ]


def planted(seed: int) -> tuple[Secrets, str]:
    rng = Random(seed)
    secrets = Secrets(rng)
    return secrets, spelled(rng, secrets, exchanges(rng, secrets))


def search(seeds: range) -> int:
    """Redact captures with planted secrets; returns in how many of the originals the same search finds something."""
    controls = 0
    for seed in seeds:
        secrets, original = planted(seed)
        wanted = secrets.forms()
        flat = "".join(original.upper().split()).replace(">", "").replace("<", "")
        controls += any(form in flat for form in wanted.values()) or bool(
            found_in(original, wanted)
        )
        manifest, output = redacted(cardlib.read_text(original), KEY)
        assert (seed, found_in(output, wanted), found_in(str(manifest), wanted)) == (seed, [], [])
    return controls


def test_no_planted_secret_is_found_in_100_captures() -> None:
    assert search(range(100)) == 100


@pytest.mark.long
def test_no_planted_secret_is_found_in_10_000_captures() -> None:
    assert search(range(10_000)) == 10_000


@pytest.mark.parametrize("what", PLANTED)
def test_nothing_that_masking_is_tried_with_comes_out(what: str) -> None:
    assert (
        found_in(
            redacted(capture_with(what), KEY)[1], {n: f for n, f in forms().items() if len(f) > 5}
        )
        == []
    )


@cache
def every(name: str) -> tuple[Capture, str]:
    """A capture, by its path from the traces, and what comes out of it."""
    original = trace(name)
    return original, redacted(original, KEY)[1]


@cache
def again(name: str) -> Capture:
    """What comes out of a trace, read."""
    return cardlib.read_text(every(name)[1])


SHIPPED = sorted(
    file.name for file in TRACES.iterdir() if file.suffix in (".jsonl", ".txt", ".log", ".pcapng")
)


def in_turn(number: int, name: str) -> Any:
    """Every third trace in every run, the others in the long one."""
    marks = [] if number % 3 == 0 else [pytest.mark.long]
    return pytest.param(name, id=name, marks=marks)


@pytest.mark.parametrize("name", [in_turn(*row) for row in enumerate(SHIPPED)])
def test_twice_is_the_same_with_another_key(name: str) -> None:
    original, once = every(name)
    assert redacted(original, KEY)[1] == once
    manifest, twice = redacted(again(name), OTHER_KEY)
    assert below_the_manifest(twice) == below_the_manifest(once)
    assert (manifest.replaced, manifest.made, manifest.dropped) == ((), 0, 0)


@pytest.mark.long
@pytest.mark.parametrize("name", SHIPPED)
def test_twice_is_the_same_with_its_own_key(name: str) -> None:
    twice = redacted(again(name), KEY)[1]
    assert below_the_manifest(twice) == below_the_manifest(every(name)[1])


def below_the_manifest(output: str) -> str:
    """All but the first line, which says what was changed this time."""
    return output.partition("\n")[2]


def shape(one: Capture) -> list[object]:
    """Exchanges, lengths, status words, times and the elements decoded, without values."""
    found: list[object] = []
    for e in one.exchanges:
        sizes = tuple(len(half.raw) if half else None for half in (e.command, e.response))
        header = (
            (e.command.cla, e.command.ins, e.command.p1, e.command.p2, e.command.le)
            if e.command
            else None
        )
        nodes = [
            (side, path, n.start, n.stop)
            for side, half in halves(e)
            for path, n in half.walk()
            if n.tag
        ]
        found.append(
            (
                e.index,
                e.session,
                header,
                sizes,
                e.response and e.response.sw,
                e.start_ns,
                e.duration_ns,
                nodes,
            )
        )
    return [
        *found,
        [
            (s.interface, s.clock, [(f.kind, f.sender, len(f.data)) for f in s.frames])
            for s in one.sessions
        ],
    ]


@pytest.mark.parametrize(
    "name", [in_turn(*row) for row in enumerate(SHIPPED) if row[1] != "damaged.log"]
)
def test_what_is_understood_keeps_its_shape(name: str) -> None:
    assert shape(again(name)) == shape(every(name)[0])


def test_what_is_allowed_is_copied_and_nothing_else() -> None:
    """With two keys: each byte that is equal in both outputs is zero, or of an element on the list, or the fixed part
    of something made up."""
    checked = 0
    for name in SHIPPED:
        original = trace(name)
        works = [Work(key, Known()) for key in (KEY, OTHER_KEY)]
        for exchange in original.exchanges:
            owners = allowed(exchange)
            for frame, one, two in zip(
                exchange.frames, *(rebuilt_exchange(exchange, work) for work in works), strict=True
            ):
                assert one.how == two.how
                for at, how in enumerate(one.how):
                    if how == DROPPED:
                        assert one.data[at] == two.data[at] == 0
                    elif how == COPIED:
                        owner = owners.get((frame.index, at), "joins frames")
                        assert one.data[at] == two.data[at]
                        # Of a byte that several fields share, only the bits of those on the list are copied
                        assert owner.startswith(OF_BITS) or one.data[at] == frame.data[at]
                        assert owner != "not on the list"
                        checked += 1
    assert checked > 3000


def allowed(exchange: cardlib.Exchange) -> dict[tuple[int, int], str]:
    """For each byte of the halves of an exchange, by its frame: what it belongs to, if that is on the list."""
    found = {}
    for side, half in halves(exchange):
        owners = ["not on the list"] * len(half.buf)
        for path, node in half.walk():
            if node.buf is half.buf:
                if node.bits is not None:
                    if is_listed(path, node):
                        size = node.stop - node.start
                        owners[node.start : node.stop] = [OF_BITS + node.name] * size
                    continue
                owners[node.start : node.body] = ["tag and length"] * (node.body - node.start)
                if is_listed(path, node):
                    owners[node.body : node.stop] = [node.tag or node.name] * (
                        node.stop - node.body
                    )
        pieces = (exchange.command if side == "command" else exchange.response).pieces  # type: ignore[union-attr]
        places = [
            (exchange.frames[number].index, at)
            for number, start, stop in pieces
            for at in range(start, stop)
        ]
        found |= dict(zip(places, owners, strict=True))
    return found


# By hand: data elements of a payment that say how card and terminal work together, and not whose card it is.
_KEEP = """
5F24 5F25 5F28 5F2A 5F30 5F34 5F36 82 87 88 8A 8C 8D 8E 8F 91 94 95 97 9A 9B 9C 9F02 9F03 9F07 9F08 9F09 9F0D 9F0E
9F0F 9F11 9F13 9F15 9F17 9F1A 9F1B 9F21 9F22 9F26 9F27 9F2A 9F32 9F33 9F34 9F35 9F36 9F37 9F38 9F39 9F40 9F41
9F42 9F44 9F45 9F47 9F49 9F4A 9F4D 9F4F 9F66 9F6C DF8301 DF8302 DF8303 DF8304 DF8305
"""
KEEP = frozenset(_KEEP.split())
NEVER = {
    "5A",
    "57",
    "56",
    "5F20",
    "9F0B",
    "9F1F",
    "9F20",
    "9F6B",
    "99",
    "90",
    "9F46",
    "9F4B",
    "93",
    "9F1E",
    "9F4E",
}


# By hand: fields of a purse that say what was paid, when and where, and not by whom.
OF_PURSES = frozenset(
    """
    key index/amount/balance/counter/terminal counter/overdraft limit/key version/algorithm/date/time/type
    application type/application version/valid from/valid to/country/province/city/interoperable/kind of card
    industry/line/station/operator/balance after/acceptor/issuer
    balance with the overdraft part/overdraft used
    """.strip()
    .replace("\n", "/")
    .replace("    ", "")
    .split("/")
)


# By hand: fields of card management that say which keys, states and names, and not whose card it is.
OF_MANAGEMENT = frozenset(
    """
    key identifier/key version/new key version/key type/key length/type/length of the block/KCV length/protocol
    sequence counter/R-MAC and R-ENC/S16/pseudo-random/AID length/AID/life cycle/load file AID length/load file AID
    module AID length/module AID/application AID length/application AID/privileges length/parameters length
    security domain AID length/security domain AID/hash length/token length/confirmation length/reserved
    load file/security domain/module/magic/minor version/major version/flags/package minor version
    package major version/package AID length/package AID/count/install method/PIN try counter/PIN try limit
    Application identifier
    """.strip()
    .replace("\n", "/")
    .replace("    ", "")
    .split("/")
)


# By hand: fields of chips that say which chip, key, block, place and tariff, and not whose card it is.
OF_CHIPS = frozenset(
    """
    KIF/KVC/buffer indicator/platform/subtype/version/revision/last session/transaction counter/network/tariff/file
    contract/location/provider/route/transition/transport/access conditions/address/address, inverted
    address, again/address, inverted again/block/key number/user byte/answer to reset/byte protected where 0/card type
    """.strip()
    .replace("\n", "/")
    .replace("    ", "")
    .split("/")
)
# By hand: fields of tokens, passkeys and SIMs that say what a card can do and did, and not whose card it is.
OF_TOKENS = frozenset(
    """
    command/status/length of the credential identifier/02 longest answer/02 longest command
    accepted/primary/06 identifier/06 kind/35 expiration date/71 certificate information/F1 capability container version
    F2 grammar version/F4 PKCS#15/F5 data model
    access/uses/unused bits/02 bits of the modulus/02 longest/02 shortest/02 stored length/02 reference
    02 number/02 version
    04 padding/04 opened by PIN/0A form/0C manufacturer
    """.strip()
    .replace("\n", "/")
    .replace("    ", "")
    .split("/")
)
OF_SIMS = frozenset(
    """
    02 reason/9F70 state/extension/type of number/numbering plan
    EPS update status/location update status/application reference (TAR)/bearer/commands done
    event list/99 event list/identifier/information/last status word/length of AUTN/length of AUTS/length of CK
    length of IK/length of Kc/length of RAND/length of RES/length of SRES/length of its header/length of the header
    length of the packet/outcome/padding bytes/response/services 1 to 8
    """.strip()
    .replace("\n", "/")
    .replace("    ", "")
    .split("/")
)
OF_BITS = "bits of "


# By hand: fields with names that others have, too; they are listed inside these objects only.
OF_OBJECTS = {
    "9F10": {"kind"},
    "9F69": {"version of fDDA", "card transaction qualifiers"},
}


def is_listed(path: str, node: Node) -> bool:
    """Whether a field is on a list; one with a tag has it before its name there."""
    listed = OF_PURSES | OF_MANAGEMENT | OF_CHIPS | OF_TOKENS | OF_SIMS
    if f"{node.tag} {node.name}".strip() in listed:
        return True
    if any(node.name in OF_OBJECTS.get(tag, ()) for tag in path.split("/")):
        return True
    fields = (
        "CLA",
        "INS",
        "P1",
        "P2",
        "Lc",
        "Le",
        "SW",
        "file identifier",
        "path",
        "DF name (AID)",
        "Status word of the plain response",  # it stands in SW again
    )
    issuer = (
        "length",
        "length of CVR",
        "derivation key index",
        "cryptogram version",
        "CVR",
    )  # of 9F10
    names = ("50", "9F12", "84", "4F", "9F06", "5F2D", "5C", "80", "81", "83", "8B", "90", "C6")
    told = node.name in (*fields, *issuer, "logical channel opened") or node.name.startswith(
        "CVR, "
    )
    return told or node.tag in {*KEEP, *names}


def test_rows_of_a_payment_are_marked_as_listed_here() -> None:
    for aid in (
        "A0000000031010",
        "A0000000041010",
        "A000000025010701",
        "A000000333010101",
        "A0000000651010",
    ):
        facts = facts_of(Context(application="emv", aid=aid))
        for tag in NEVER:
            assert not facts.find(tag).share, (aid, tag)
        for tag in KEEP:
            fact = facts.find(tag)
            assert fact.share == "all" or not fact.known, (aid, tag)
    of_mastercard = facts_of(Context(application="emv", aid="A0000000041010"))
    assert all(of_mastercard.find(tag).share for tag in KEEP)


@pytest.mark.parametrize(
    "pan", [PAN, "4761739001010118", "374245455400126", "4000000000006", "6222988812340000123"]
)
def test_a_made_up_pan(pan: str) -> None:
    fake = fake_number(pan, KEY)
    assert len(fake) == len(pan) and fake.startswith(PREFIX) and fake != pan
    assert luhn_ok(fake) == luhn_ok(pan) and fake_number(pan, KEY) == fake != fake_number(
        pan, OTHER_KEY
    )
    assert fake_number(fake, OTHER_KEY) == fake


def test_a_made_up_eid_keeps_good_check_digits() -> None:
    """As a number an EID is 1 modulo 97 (GSMA SGP.02, 2.2.2)."""
    eid = "89049032123451234512345678901235"
    assert int(eid) % 97 == 1
    fake = fake_number(eid, KEY)
    assert len(fake) == 32 and fake.startswith(PREFIX) and int(fake) % 97 == 1
    assert fake_number(fake, OTHER_KEY) == fake != fake_number(eid, OTHER_KEY)


def test_made_up_pans_do_not_meet() -> None:
    rng = Random(3)
    pans = {with_check_digit("4" + "".join(rng.choices("0123456789", k=14))) for _ in range(5000)}
    assert len({fake_number(pan, KEY) for pan in pans}) == len(pans)


def test_one_pan_is_one_pan_everywhere_and_in_every_file() -> None:
    track1 = text(f"B{PAN}^{NAME}^2512201999")
    data = tlv("70", tlv("5A", PAN) + tlv("57", even(f"{PAN}D2512201123456")) + tlv("56", track1))
    one, two = (
        redacted(capture(*SELECTED, *lines), KEY)
        for lines in (read_record(1, data), read_record(2, data))
    )
    fake = fake_number(PAN, KEY)
    for manifest, output in (one, two):
        elements = (
            {
                hit.node.tag: hit.node
                for hit in cardlib.find(cardlib.read_text(output), "a")
                if hit.node
            }
            if 0
            else {}
        )
        assert not elements
        answer = cardlib.decode(cardlib.read_text(output).exchanges[1])
        assert answer.find("5A").value.hex() == fake  # type: ignore[union-attr]
        assert answer.find("57").value.hex().upper() == even(f"{fake}D2512201000000")  # type: ignore[union-attr]
        assert answer.find("56").value == f"B{fake}^CARDHOLDER/RED^2512201000".encode()  # type: ignore[union-attr]
        assert manifest.replaced == (("PAN", 1), ("track 1", 1), ("track 2", 1))


@pytest.mark.parametrize(
    ("kind", "number", "prefix", "stored"),
    [
        ("iccid", "8988211000000123458", "89999", "{}F"),  # 19 digits
        ("iccid", "89882110000001234564", "89999", "{}"),
        (
            "imsi",
            "262010123456789",
            "99999",
            "809{}",
        ),  # eight bytes follow; an odd number of digits
        ("imsi", "262010123456789", "99999", "9{}"),  # without its length
    ],
)
def test_numbers_of_a_sim_become_those_of_nobody(
    kind: Sensitive, number: str, prefix: str, stored: str
) -> None:
    value = bytes.fromhex(swap(stored.format(number)))
    fake = fake_number(number, KEY, prefix)
    title, made = made_up(kind, value, KEY)
    assert title == kind.upper() and swap(made.hex().upper()) == stored.format(fake)
    assert fake.startswith(prefix) and luhn_ok(fake) == luhn_ok(number) and len(fake) == len(number)
    assert made_up(kind, made, OTHER_KEY) == (title, made)  # what is made up stays
    for wrong in (value[:-1], b"", value[:3] + b"\xaa" + value[4:]):
        assert made_up(kind, wrong, KEY) == ("", b"")


@pytest.mark.parametrize(
    ("kind", "value", "beginning"),
    [
        ("card", "03105170070104791381", "09999"),  # zeros in front are no part of the number
        ("card", "3105170070104791FFFF", "9999"),
        ("card", text("3105170070104791"), text("9999")),
        ("phone", text("491711002345"), text("999")),
        ("phone", swap("491711002345"), "99"),
        ("mail", text("jane@example.com"), text("nobody@example.o")),
    ],
)
def test_made_up_values_of_other_kinds(kind: Sensitive, value: str, beginning: str) -> None:
    made = made_up(kind, bytes.fromhex(value), KEY)[1]
    shown = made.hex().upper()
    assert len(shown) == len(value) and shown != value and shown.startswith(beginning)
    assert made_up(kind, made, OTHER_KEY)[1] == made
    assert made_up(kind, bytes.fromhex(value), KEY)[1] == made


@pytest.mark.parametrize(
    ("header", "is_closed"),
    [
        ("0020000008", False),  # of the hidden digits 200000, five are zero
        ("0082000008", False),  # 820000, four
        ("0082000108", True),  # 820001, half of them
        ("0082001008", True),
        ("0082010108", True),
    ],
)
def test_zeros_of_a_card_number_close_no_header(header: str, is_closed: bool) -> None:
    """A header that shares its digits with a card number is closed where they are more than zeros."""
    selected = "> 00A4040007A000000003101000\n< 6F098407A00000000310109000\n"
    for number, expected in ((f"4761{header}12", is_closed), ("4761739001010119", False)):
        record = f"> 00B2010C00\n< 700A5A08{number}9000\n"
        dialogue = f"{selected}{record}> {header}2122232425262728\n< 9000\n"
        output = redacted(cardlib.read_text(dialogue), KEY)[1]
        assert (f'"{header}' not in output) == expected


def test_one_card_number_is_one_in_every_width() -> None:
    wide, narrow = (
        made_up("card", bytes.fromhex(value), KEY)[1]
        for value in ("00003105170070104791", "3105170070104791")
    )
    assert wide.hex().lstrip("0") == narrow.hex() and narrow.hex().startswith("9999")


@pytest.mark.parametrize(
    "kind", ["id", "key", "pin", "birth", "document", "biometric", "text", "location"]
)
def test_values_of_these_kinds_stay_blank(kind: Sensitive) -> None:
    assert made_up(kind, bytes.fromhex("3105170070104791"), KEY) == ("", b"")


@pytest.mark.parametrize(
    "name", ["contact_purchase.card.jsonl", "contactless_tap.card.jsonl", "sim_boot.pcapng"]
)
def test_lines_of_hex_with_the_manifest_above_them(name: str, tmp_path: Path) -> None:
    """The same bytes as in our own form, and again nothing changes when that is redacted."""
    outs = [tmp_path / f"{number}.hex" for number in range(2)]
    manifest = cardlib.redact(TRACES / name, outs[0], KEY)
    cardlib.redact(outs[0], outs[1], OTHER_KEY)
    once, twice = (out.read_text("utf-8").splitlines() for out in outs)
    assert once[: len(str(manifest).splitlines())] == [
        f"# {row}" for row in str(manifest).splitlines()
    ]
    lines = [[line for line in own if not line.startswith("#")] for own in (once, twice)]
    assert lines[0] == lines[1] and len(lines[0]) > 10
    whole = again(name)
    assert [
        (e.command and e.command.raw, e.response and e.response.raw)
        for e in cardlib.read(outs[0]).exchanges
    ] == [(e.command and e.command.raw, e.response and e.response.raw) for e in whole.exchanges]
    cardlib.redact(TRACES / name, tmp_path / "out.csv", KEY)
    assert len((tmp_path / "out.csv").read_text("utf-8").splitlines()) == len(whole.exchanges) + 1


def test_the_manifest_adds_up_and_stands_in_the_file(tmp_path: Path) -> None:
    source, out = TRACES / "contact_purchase.card.jsonl", tmp_path / "out.card.jsonl"
    manifest = cardlib.redact(source, out, KEY)
    head = json.loads(out.read_text("utf-8").splitlines()[0])
    assert head["made_by"] == "cardlib redact" and head["redacted"]["copied"] == manifest.copied
    total = sum(
        len(json.loads(row)["data"]) // 2 for row in out.read_text("utf-8").splitlines()[2:]
    )
    assert manifest.copied + manifest.made + manifest.dropped == total and manifest.frames == 55
    assert dict(manifest.replaced) == {"PAN": 1, "name": 1, "track 2": 1}
    assert any("offline data authentication" in what for what in manifest.unchecked)
    counts = f"{manifest.copied} bytes copied, {manifest.made} made up, {manifest.dropped} blank"
    assert counts in str(manifest)
    assert "2026-03-14" not in out.read_text("utf-8")


def test_the_manifest_counts_what_changed_and_says_why_the_rest_stays() -> None:
    """Eight bytes are a PAN, three of the unknown object were not blank before; one was."""
    lines = read_record(1, tlv("70", tlv("5A", PAN) + tlv("DF7F", "00010203")))
    manifest, output = redacted(capture(*SELECTED, *lines), KEY)
    assert manifest.replaced == (("PAN", 1),) and manifest.kept == ()
    assert (manifest.dropped, manifest.made) == (3, 8)
    again, _ = redacted(cardlib.read_text(output), OTHER_KEY)
    assert again.replaced == () and again.kept == (("PAN (9999...)", 1),)
    assert "stays, as nobody has it: PAN (9999...) 1 x" in str(again)


def test_the_input_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "a.card.jsonl"
    file.write_bytes((TRACES / "contact_purchase.card.jsonl").read_bytes())
    before = file.read_bytes()
    with pytest.raises(CaptureError, match="is the capture itself"):
        cardlib.redact(file, file, KEY)
    with pytest.raises(CaptureError, match="cannot be written"):
        cardlib.redact(file, tmp_path / "no" / "such", KEY)
    assert file.read_bytes() == before and [path.name for path in tmp_path.iterdir()] == [
        "a.card.jsonl"
    ]


def test_without_a_key_every_file_has_its_own(tmp_path: Path) -> None:
    outs = [tmp_path / name for name in ("1", "2")]
    for out in outs:
        cardlib.redact(TRACES / "contact_purchase.card.jsonl", out)
    assert outs[0].read_text("utf-8") != outs[1].read_text("utf-8")


def test_command_line(run: Run, tmp_path: Path) -> None:
    source, out, key = (
        str(TRACES / "contact_purchase.card.jsonl"),
        tmp_path / "out",
        tmp_path / "key",
    )
    key.write_bytes(KEY)
    code, told, _ = run("redact", source, "-o", str(out), "--key", str(key))
    assert code == 0 and "bytes copied" in told and "no longer: offline data authentication" in told
    assert out.read_text("utf-8") == redacted(cardlib.read(source), KEY)[1]
    for wrong in (
        [source, "-o", source],
        [source, "-o", str(out), "--key", str(tmp_path / "none")],
        [source],
    ):
        code, _, err = run("redact", *wrong)
        assert code == 2 and err.count("\n") == 1
    key.write_bytes(b"")
    assert run("redact", source, "-o", str(out), "--key", str(key))[0] == 2


def rows(*frames: tuple[str, str, str]) -> Capture:
    made = [{"card_capture": 1}, {"session": 0, "clock": "rf", "interface": "contactless"}]
    made += [
        {"t": 10**9 + n, "from": f, "kind": k, "data": d} for n, (f, k, d) in enumerate(frames)
    ]  # type: ignore[misc]
    return cardlib.read_text("\n".join(json.dumps(row) for row in made))


def data_of(output: str) -> list[bytes]:
    return [
        bytes.fromhex(json.loads(row)["data"]) for row in output.splitlines() if '"data"' in row
    ]


def test_checks_at_the_end_of_frames_are_made_again() -> None:
    """Published: CRC_A of 0000 is A0 1E, of 1234 is 26 CF; CRC_B of 000000 is CC C6 (ISO/IEC 14443-3, annex B)."""
    assert (crc_of("A", b"\0\0"), crc_of("A", b"\x12\x34")) == (b"\xa0\x1e", b"\x26\xcf")
    assert crc_of("B", b"\0\0\0") == b"\xcc\xc6"
    for technology, data in (
        ("A", b"abc"),
        ("B", b"abc"),
        ("V", b"abc"),
        ("P", b"abc"),
        ("F", b"\x04abc"),
    ):
        assert crc_fits(technology, data + crc_of(technology, data))
    uid, blank = bytes.fromhex("9370886B1F2B3C"), bytes(7)
    frames = [uid + crc_of(technology, uid) for technology in "ABP"] + [uid + b"\0\0"]
    made = data_of(redacted(rows(*(("reader", "rf", frame.hex()) for frame in frames)), KEY)[1])
    assert made == [blank + crc_of(technology, blank) for technology in "ABP"] + [bytes(9)]
    wait = bytes.fromhex("F201") + crc_of("A", bytes.fromhex("F201"))
    assert data_of(redacted(rows(("card", "block", wait.hex())), KEY)[1]) == [wait]


def test_an_identifier_between_two_blocks_is_no_command() -> None:
    """A radio frame that stands between a command and its answer has neither header nor status word."""
    identifier = bytes.fromhex("9370DEADBEEF22")
    ask, answer = bytes.fromhex("0200B0000010"), bytes.fromhex("029000")
    between = rows(
        ("reader", "block", (ask + crc_of("A", ask)).hex()),
        ("reader", "rf", (identifier + crc_of("A", identifier)).hex()),
        ("card", "rf", "DEADBE9000"),
        ("card", "block", (answer + crc_of("A", answer)).hex()),
    )
    (exchange,) = between.exchanges
    assert len(exchange.frames) == 4
    made = b"|".join(data_of(redacted(between, KEY)[1]))
    masked = frame_hex(exchange, shown(exchange))
    assert b"\xde\xad" not in made and b"\xbe\x90\x00" not in made
    assert set("".join(masked[1:3])) == {"*"}


def test_blocks_of_a_card_are_joined_as_before() -> None:
    """T=1 and radio: chained, a block sent again, a waiting time; prologue and checks right, the PAN gone."""
    record_ = bytes.fromhex(tlv("70", tlv("5A", PAN) + tlv("5F34", "01")) + "9000")
    first, second, ask = record_[:9], record_[9:], bytes.fromhex("00B2010C00")
    air = [b"\x02" + ask, b"\xf2\x01", b"\xf2\x01", b"\x12" + first, b"\xa3", b"\x03" + second]
    senders = ("reader", "card", "reader", "card", "reader", "card")
    radio = rows(
        *(
            (s, "block", (data + crc_of("A", data)).hex())
            for s, data in zip(senders, air, strict=True)
        )
    )
    contact = [
        b"\0\0" + bytes((len(ask),)) + ask,
        b"\0\x20\x09" + first,
        b"\0\x90\0",
        b"\0\x40" + bytes((len(second),)) + second,
    ]
    sealed = [data + bytes((reduce(xor, data),)) for data in contact]
    atr = ("card", "atr", "3B80018101")
    sides = ("reader", "card", "reader", "card")
    t1 = rows(atr, *((side, "block", data.hex()) for side, data in zip(sides, sealed, strict=True)))
    for one in (radio, t1):
        output = redacted(one, KEY)[1]
        again = cardlib.read_text(output)
        assert (
            shape(again)[:1] == shape(one)[:1] and len(one.exchanges) == len(again.exchanges) == 1
        )
        node = cardlib.decode(again.exchanges[0]).find("5A")
        assert node is not None and node.value.hex() == fake_number(PAN, KEY) and not again.problems
    assert all(crc_fits("A", data) for data in data_of(redacted(radio, KEY)[1]))
    assert not any(reduce(xor, data) for data in data_of(redacted(t1, KEY)[1])[1:])


@pytest.mark.parametrize(
    ("atr", "expected"),
    [
        ("3B6500005452414345", "3B6500000000000000"),  # historical bytes in free form
        (
            "3B8A80010031C173C8400000900090",
            "3B8A80010031C173C8400000900090",
        ),  # services and capabilities
        (
            "3B8F8001804F0CA000000306030001000000006A",
            "3B8F8001804F0CA000000306030001000000006A",
        ),  # PC/SC: a memory card
        (
            "3B8880018056112233445566A8",
            "3B8880018056000000000000DF",
        ),  # a number that its issuer wrote
    ],
)
def test_historical_bytes_of_issuers_are_dropped(atr: str, expected: str) -> None:
    assert expected[:4] == "3B65" or not reduce(xor, bytes.fromhex(expected)[1:])
    [made] = data_of(redacted(rows(("card", "atr", atr)), KEY)[1])
    assert made.hex().upper() == expected


def test_records_of_a_log_are_dropped() -> None:
    one = trace("contact_log.card.jsonl")
    reads = [
        e for e in one.exchanges if e.command and e.command.ins == 0xB2 and e.command.p2 >> 3 == 11
    ]
    logs = [e.index for e in reads if e.response and e.response.data]
    assert len(logs) >= 2
    again = cardlib.read_text(redacted(one, KEY)[1])
    for index in logs:
        before, after = one.exchanges[index].response, again.exchanges[index].response
        assert (
            before
            and after
            and any(before.data)
            and not any(after.data)
            and len(before.raw) == len(after.raw)
        )


def test_times_begin_at_zero_and_keep_their_differences() -> None:
    output = redacted(rows(("reader", "apdu", "00B2010C00"), ("card", "apdu", "9000")), KEY)[1]
    assert [json.loads(row)["t"] for row in output.splitlines()[2:]] == [0, 1]


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_any_bytes_are_redacted_and_twice_is_once(halves: list[bytes]) -> None:
    one = capture(*SELECTED, *(half.hex() for half in halves))
    output = redacted(one, KEY)[1]
    again = cardlib.read_text(output)
    assert below_the_manifest(redacted(again, KEY)[1]) == below_the_manifest(output)
    assert [len(e.frames) for e in again.exchanges] == [len(e.frames) for e in one.exchanges]


def test_secrets_of_one_exchange_are_not_copied_in_another() -> None:
    """Without a good check digit it is no PAN to the eye; where 5A says that it is one, it is dropped elsewhere too."""
    odd = "4761739001010118"
    lines = (
        *read_record(1, tlv("70", tlv("5A", odd))),
        *read_record(2, tlv("70", tlv("9F10", odd))),
    )
    assert odd not in redacted(capture(*SELECTED, *lines), KEY)[1]


def test_real_captures_keep_exchanges_and_come_to_rest(real_captures: Path) -> None:
    names = (
        "gsmtap/usim_boot.pcapng",
        "proxmark3/*.trace",
        "nfc-laboratory/*.json",
        "emv-bertlv/*.txt",
        "devnied-emv/*.txt",
        "nfsee/*.txt",
    )
    files = [file for name in names for file in sorted(real_captures.glob(name))]
    assert len(files) > 10
    for file in files:
        one, closed = every(str(file))[0], again(str(file))
        assert len(closed.exchanges) == len(one.exchanges), file
        for a, b in zip(one.exchanges, closed.exchanges, strict=True):
            assert (a.response and a.response.sw) == (b.response and b.response.sw), (file, a.index)
            assert [len(frame.data) for frame in a.frames] == [
                len(frame.data) for frame in b.frames
            ]


def test_a_real_sim_has_one_made_up_number_wherever_it_is_read(real_captures: Path) -> None:
    name = str(real_captures / "gsmtap" / "usim_boot.pcapng")
    captures = every(name)[0], again(name)
    before, after = (
        [
            hit.node.text
            for hit in cardlib.find(x, "EF.ICCID")
            if hit.node and hit.node.text.isdecimal()
        ]
        for x in captures
    )
    assert len(before) == len(after) == 25 and len(set(after)) == len(set(before))
    assert all(text.startswith("89999") for text in after)
    assert list(map(luhn_ok, before)) == list(map(luhn_ok, after))


def test_of_issuer_data_the_decisions_of_the_card_stay() -> None:
    original, output = every("contact_purchase.card.jsonl")
    pairs = zip(original.exchanges, cardlib.read_text(output).exchanges, strict=True)
    kept = []
    for before, after in pairs:
        one, other = (cardlib.decode(exchange).find("9F10") for exchange in (before, after))
        if one is None or other is None:
            continue
        texts = {node.name: node.text for _, node in other.walk()}
        for _, node in one.walk():
            if node.name.startswith("CVR") or node.name == "cryptogram version":
                assert node.text == texts[node.name]
                kept.append(node.name)
    assert "CVR" in " ".join(kept) and "cryptogram version" in kept
