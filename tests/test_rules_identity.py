# SPDX-License-Identifier: MIT
"""Rules about travel documents, each with a session on which it fails, one on which it passes, and near misses."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest
from dialogue import captured, fails_and_passes, judged
from passport_sessions import recorded
from terminals import EXAMPLE, chain, proof, root_file

import cardlib
from cardlib import Capture
from cardlib.core.model import Command
from cardlib.core.secure import written
from cardlib.crypto.keyring import keyring
from conftest import ROOT
from traces.makers import der
from traces.makers.passport import COM, LDS_SECURITY_OBJECT, OK, SOD, Passport, files
from traces.makers.rsa_keys import key

KEYS = ROOT / "traces" / "makers" / "keyring.toml"
ZONE, FACE, FINGERS, CHIP_KEY = 0x0101, 0x0102, 0x0103, 0x010F
SHA1 = "2B0E03021A"
SPOILED = EXAMPLE["verifier"][:-1] + bytes((EXAMPLE["verifier"][-1] ^ 1,))
TAGS = {1: "61", 2: "75", 3: "63", 11: "6B", 15: "6F"}

SELECTED = ("00A4040C07A0000002471001", "9000")
SELECT_LIST = "00A4020C02011C"
NO_LIST = (SELECT_LIST, "6A82")
REFUSED = ("00B0810005", "6982")
BASIC = (
    *("0084000008", "11223344556677889000"),
    *(f"0082000028{'A5' * 40}28", f"{'5A' * 40}9000"),
)
REFUSED_BASIC = (*BASIC[:3], "6300")
AES_128, TRIPLE_DES = "04007F00070202040202", "04007F00070202040201"
NONCE = "7C128010" + "C3" * 16 + "9000"


def listed(method: str = AES_128, domain: str = "0D") -> tuple[str, ...]:
    """EF.CardAccess with one method of PACE."""
    content = f"31143012060A{method}0201020201{domain}"
    return (SELECT_LIST, "9000", "00B0000018", content + "9000")


def pace(nonce: str = NONCE, last: str = "7C0A8608" + "77" * 8 + "9000") -> tuple[str, ...]:
    """PACE as it stands on the wire: the method, the nonce, the tokens."""
    return (
        *(f"0022C1A40F800A{AES_128}830101", "9000"),
        *("10860000027C0000", nonce),
        *("008600000C7C0A8508" + "66" * 8 + "00", last),
    )


def wire(*halves: str) -> Capture:
    """What comes before the application is selected, and a first command in it."""
    return captured([*halves, *SELECTED, *REFUSED])


def document(*halves: str) -> Capture:
    return captured([*SELECTED, *halves])


def security_object(
    content: Mapping[int, bytes],
    signer: str = "document signer",
    algorithm: str = der.SHA256,
    spoiled: bool = False,
) -> bytes:
    """EF.SOD over data groups by their files."""
    digest_of = hashlib.sha1 if algorithm == SHA1 else hashlib.sha256
    hashes = []
    for file, data in content.items():
        digest = digest_of(data).digest()
        hashes.append(der.sequence(der.number(file & 0xFF), written("04", digest)))
    listing = der.sequence(der.number(0), der.algorithm(algorithm), der.sequence(*hashes))
    country, name = der.name("UT", "Utopia CSCA"), der.name("UT", "Utopia document signer")
    sealed = der.certificate(key("country signer"), country, key(signer), name, 7)
    data = der.signed(LDS_SECURITY_OBJECT, listing, key(signer), sealed, country, 7)
    if spoiled:
        data = data[:-1] + bytes((data[-1] ^ 1,))
    return written("77", data)


def common(*groups: int) -> bytes:
    """EF.COM that lists these data groups."""
    tags = bytes.fromhex("".join(TAGS[group] for group in groups))
    head = written("5F01", b"0107") + written("5F36", b"040000")
    return written("60", head + written("5C", tags))


def groups() -> dict[int, bytes]:
    """The data groups of the passport without EF.COM and EF.SOD."""
    return {file: data for file, data in files().items() if file not in (COM, SOD)}


def chip_key(name: str) -> bytes:
    return written("6F", der.public_key(key(name)))


class Proving(Passport):
    """A passport that takes any proof of a terminal."""

    def _inside(self, command: Command) -> bytes:
        if command.ins == 0x82:
            return OK
        return super()._inside(command)


def read(
    content: dict[int, bytes],
    *wanted: int,
    challenge: bool = False,
    proof: bool = False,
    keys: tuple[Path, ...] = (KEYS,),
) -> Capture:
    """A passport with these files, of which some are read under basic access control."""
    inspection, lines = recorded(Proving(5, content), 6)
    inspection.begin()
    if proof:
        inspection.send(bytes.fromhex("0082000040") + b"\x5a" * 64)
    for file in wanted:
        inspection.read(file)
    if challenge:
        inspection.challenge()
    return cardlib.read_text("".join(lines), keys=list(keys))


@cache
def honest() -> Capture:
    return read(files(), COM, SOD, ZONE, CHIP_KEY, FACE, challenge=True)


def with_object(content: dict[int, bytes], **how: str | bool) -> dict[int, bytes]:
    return content | {SOD: security_object(content, **how)}  # type: ignore[arg-type]


def without_chip_key() -> dict[int, bytes]:
    return {file: data for file, data in groups().items() if file != CHIP_KEY}


def changed_face() -> dict[int, bytes]:
    content = files()
    content[FACE] = content[FACE][:-10] + b"\0" + content[FACE][-9:]
    return content


def copied_chip() -> dict[int, bytes]:
    return with_object(groups() | {CHIP_KEY: chip_key("Visa-like card")})


def of_fingers(data: bytes) -> dict[int, bytes]:
    return with_object(groups() | {FINGERS: written("63", data)})


TWO_FINGERS = written("7F61", bytes.fromhex("020101") + written("7F60", b"\xa1\x00"))
EMPTY = bytes.fromhex("7F61030201005304AABBCCDD")
BARE_ANSWER = ("0CB081000D9701058E08112233445566778800", "615D5F1F5A9000")
WITH_MAC = (BARE_ANSWER[0], "990290008E0811223344556677889000")
CLEAR_ZONE = ("00B0810005", "615D5F1F5A9000")

Make = Callable[[], Capture]
CASES: dict[str, tuple[Make, Make]] = {
    "I01": (lambda: document(*NO_LIST, *BASIC), lambda: wire(*listed())),
    "I03": (lambda: document(*CLEAR_ZONE), honest),
    "I05": (
        lambda: document(*BASIC[:2], *BASIC[:2]),
        lambda: document(*BASIC[:2], "0084000008", "11223344556677899000"),
    ),
    "I06": (lambda: read(with_object(without_chip_key()), SOD), honest),
    "I07": (
        lambda: read(files() | {COM: common(1, 2, 11)}, COM, SOD),
        lambda: read(files(), COM, SOD),
    ),
    "I08": (lambda: read(changed_face(), SOD, ZONE, FACE), honest),
    "I09": (
        lambda: read(of_fingers(TWO_FINGERS), FINGERS),
        lambda: read(of_fingers(TWO_FINGERS), FINGERS, proof=True),
    ),
    "I10": (lambda: document(*BASIC, *BARE_ANSWER), lambda: document(*BASIC, *WITH_MAC)),
    "I13": (
        honest,
        lambda: read(files() | {CHIP_KEY: chip_key("document signer")}, CHIP_KEY),
    ),
    "I14": (lambda: wire(*listed(domain="00")), lambda: wire(*listed())),
    "I15": (
        lambda: captured([*listed(), *SELECTED, *BASIC]),
        lambda: wire(*listed(), *pace()),
    ),
    "I16": (lambda: read(with_object(groups(), spoiled=True), SOD), honest),
    "I18": (lambda: read(with_object(groups(), algorithm=SHA1), SOD), honest),
    "I19": (lambda: read(files(), SOD, ZONE), honest),
    "I20": (lambda: read(copied_chip(), CHIP_KEY, challenge=True), honest),
}
SHOWN = {
    "I01": "6A82",
    "I03": CLEAR_ZONE[1],
    "I05": "1122334455667788",
    "I10": BARE_ANSWER[1],
    "I14": listed(domain="00")[3],
    "I15": BASIC[3],
}


@pytest.mark.parametrize("rule", CASES)
def test_fails_on_one_and_passes_on_the_other(rule: str) -> None:
    bad, good = (make() for make in CASES[rule])
    if rule in SHOWN:
        fails_and_passes(rule, bad, good, SHOWN[rule])
        return
    failing = [finding for finding in judged(rule, bad) if finding.verdict == "fail"]
    assert failing and failing[0].evidence, judged(rule, bad)
    assert {finding.verdict for finding in judged(rule, good)} == {"pass"}, judged(rule, good)


def verdicts(rule: str, *captures: Capture, **given: object) -> set[str]:
    return {finding.verdict for finding in judged(rule, *captures, **given)}


NOTHING, LITTLE = {"not-applicable"}, {"not-enough-data"}


@pytest.mark.parametrize(
    ("rule", "make", "expected"),
    [
        ("I01", lambda: document(*BASIC), LITTLE),  # nobody asked for the list
        ("I01", lambda: document(*NO_LIST, *REFUSED_BASIC), NOTHING),
        ("I01", lambda: wire(*listed(method="04007F00070202040902")), LITTLE),  # to be invented
        ("I01", lambda: wire(SELECT_LIST, "9000", "00B0000008", "31143012060A04009000"), NOTHING),
        ("I03", lambda: document(*REFUSED), {"pass"}),
        ("I03", lambda: document("00B0810005", "6A82"), NOTHING),
        ("I03", lambda: document("00B09E0005", "60145F01049000"), NOTHING),  # EF.COM
        ("I03", lambda: document("00B08F0005", "6F815F30819000"), NOTHING),  # a key, no person
        ("I03", lambda: captured(CLEAR_ZONE), NOTHING),  # of which application?
        ("I05", lambda: document(*BASIC[:2]), LITTLE),
        ("I05", lambda: captured([*BASIC[:2], *BASIC[:2]]), NOTHING),  # of no document
        ("I05", lambda: wire(*pace(), *pace()), {"fail"}),
        ("I06", lambda: read(files(), COM, ZONE), NOTHING),
        ("I06", lambda: read(files() | {SOD: bytes.fromhex("7703300100")}, SOD), LITTLE),
        ("I07", lambda: read(files(), SOD), NOTHING),
        ("I07", lambda: read(files() | {COM: common(1, 2, 3, 11, 15)}, COM, SOD), {"pass"}),
        ("I08", lambda: read(files(), ZONE), NOTHING),
        ("I08", lambda: read(files() | {SOD: bytes.fromhex("7703300100")}, SOD), LITTLE),
        ("I08", lambda: read(files() | {0x010C: b"\x6c\x02\x5c\x00"}, SOD, 0x010C), {"fail"}),
        ("I09", lambda: read(of_fingers(EMPTY), FINGERS), NOTHING),
        ("I10", lambda: document(*BASIC, BARE_ANSWER[0], "6988"), NOTHING),
        ("I13", lambda: read(files() | {CHIP_KEY: b"\x6f\x02\x30\x00"}, CHIP_KEY), LITTLE),
        ("I14", lambda: wire(*listed(method=TRIPLE_DES)), {"fail"}),
        ("I14", lambda: wire(*listed(domain="7F")), LITTLE),  # a number that nobody gave out
        ("I14", lambda: wire(*listed(method=TRIPLE_DES, domain="7F")), {"fail"}),
        ("I14", lambda: wire(*listed(domain="01")), {"pass"}),
        ("I14", lambda: wire(*listed(domain="09")), {"fail"}),
        ("I15", lambda: captured([*listed(), *SELECTED, *REFUSED_BASIC]), NOTHING),
        ("I15", lambda: wire(*listed(), *pace(last="6300")), NOTHING),
        ("I15", lambda: captured([*listed(), *pace(last="6300"), *SELECTED, *BASIC]), {"fail"}),
        ("I17", lambda: read(files(), SOD), LITTLE),
        ("I18", lambda: read(with_object(groups(), signer="passport chip"), SOD), {"fail"}),
        ("I19", lambda: read(with_object(without_chip_key()), SOD), NOTHING),
        ("I20", lambda: read(files(), SOD, challenge=True), LITTLE),
    ],
)
def test_what_says_nothing_or_little(rule: str, make: Make, expected: set[str]) -> None:
    assert verdicts(rule, make()) == expected


def with_signature(algorithm: str) -> dict[int, bytes]:
    """The passport whose signer states another algorithm of the signature (RFC 8017, A.2.4)."""
    usual = bytes.fromhex(der.RSA_SHA256)
    content = with_object(groups())
    begin, _, end = content[SOD].rpartition(usual)
    return content | {SOD: begin + bytes.fromhex(algorithm) + end}


def test_the_hash_of_the_signature_counts_too() -> None:
    assert verdicts("I18", read(with_signature("2A864886F70D010105"), SOD)) == {"fail"}
    assert verdicts("I18", read(with_signature("2A864886F70D01010C"), SOD)) == {"pass"}
    assert verdicts("I18", read(with_signature("2A864886F70D010104"), SOD)) == LITTLE  # MD5


def test_without_keys_only_the_wire_is_judged() -> None:
    shut = read(changed_face(), COM, SOD, ZONE, FACE, keys=())
    for rule in CASES:
        expected = {"I01": LITTLE, "I05": LITTLE, "I10": {"pass"}}.get(rule, NOTHING)
        assert verdicts(rule, shut) == expected, rule


def test_a_question_behind_shut_commands_may_have_been_asked() -> None:
    shut = f"> {BARE_ANSWER[0]}\n< {WITH_MAC[1]}\n"
    capture = read(files(), SOD)
    text = "".join(
        f"> {exchange.command.raw.hex()}\n< {exchange.response.raw.hex()}\n"
        for exchange in capture.exchanges
        if exchange.command and exchange.response
    )
    assert verdicts("I19", cardlib.read_text(text + shut, keys=[KEYS])) == LITTLE


@pytest.mark.parametrize(("signer", "verdict"), [("country signer", "pass"), ("rogue CA", "fail")])
def test_the_certificate_of_a_country(signer: str, verdict: str, tmp_path: Path) -> None:
    name = der.name("UT", "Utopia CSCA")
    certificate = der.certificate(key(signer), name, key(signer), name, 1)
    path = tmp_path / "keys.toml"
    path.write_text(f'[[key]]\nuse = "csca"\nvalue = "{certificate.hex()}"\n', "utf-8")
    assert verdicts("I17", honest(), keys=keyring([path])) == {verdict}


@pytest.mark.parametrize(
    ("rule", "lines", "expected"),
    [
        ("I21", chain(), {"pass"}),
        ("I21", chain(verifier=SPOILED), {"fail", "not-enough-data"}),
        ("I22", [*chain(), *proof()], {"pass"}),
        ("I22", [*chain(), *proof(key=bytes(32))], {"fail"}),
        ("I22", [*chain(), *proof(key=bytes(32), answer="6300")], {"not-applicable"}),
    ],
)
def test_what_a_chip_believes_of_a_terminal(
    rule: str, lines: list[str], expected: set[str], tmp_path: Path
) -> None:
    capture = document(*lines)
    assert verdicts(rule, capture, keys=keyring([root_file(tmp_path)])) == expected
    assert verdicts(rule, document(*REFUSED)) == NOTHING


def damaged(exchange: int, is_answer: bool, place: int, byte: int) -> Capture:
    """The honest passport with one byte of one half changed."""
    text = ""
    for item in honest().exchanges:
        assert item.command and item.response
        halves = [bytearray(item.command.raw), bytearray(item.response.raw)]
        if item.index == exchange:
            halves[is_answer][place] = byte
        text += f"> {halves[0].hex()}\n< {halves[1].hex()}\n"
    return cardlib.read_text(text, format="hex pairs", keys=[KEYS])


@pytest.mark.parametrize("place", [-12, -11])  # tag and length of the MAC, before 8 bytes and 9000
def test_a_damaged_answer_is_not_one_without_a_mac(place: int) -> None:
    assert verdicts("I10", damaged(8, True, place, 0x55)) == LITTLE


def test_a_damaged_answer_is_no_content_of_a_file() -> None:
    """The length of the cryptogram of the last answer: what stands there was not read in clear."""
    assert verdicts("I08", damaged(len(honest().exchanges) - 1, True, 1, 0xB4)) == {"pass"}


def test_a_damaged_selection_does_not_make_the_next_file_a_forged_one() -> None:
    """Whatever the chip selected then, it was not the file before."""
    selections = [e.index for e in honest().exchanges if e.command and e.command.ins == 0xA4]
    for place, byte in ((17, 0x55), (1, 0x5F)):  # in its cryptogram, its instruction
        broken = damaged(selections[-1], False, place, byte)
        assert verdicts("I08", broken) == {"pass"}
        findings = cardlib.check(broken)
        assert not any(f.verdict == "fail" and f.severity == "critical" for f in findings)


def test_a_challenge_that_comes_again_on_another_day() -> None:
    first, again = document(*BASIC[:2]), document(*BASIC[:2])
    other = document("0084000008", "11223344556677899000")
    assert verdicts("I05", first, again) == {"fail"}
    assert verdicts("I05", first, other) == {"pass"}
    assert verdicts("I05", first, again, both_sides=True) == LITTLE  # one run, recorded twice


def test_a_broken_document_does_not_hide_its_neighbour() -> None:
    """Two sessions in a file: the first has no security object that can be read, the second is forged."""
    text = ""
    for content in (files() | {SOD: bytes.fromhex("7703300100")}, changed_face()):
        text += "ATR: 3B 80 80 01 01\n"
        for exchange in read(content, SOD, FACE).exchanges:
            assert exchange.command and exchange.response
            text += f"> {exchange.command.raw.hex()}\n< {exchange.response.raw.hex()}\n"
    capture = cardlib.read_text(text, keys=[KEYS])
    assert len(capture.sessions) == 2
    assert verdicts("I08", capture) == {"not-enough-data", "fail"}


NEAR: dict[str, tuple[str, tuple[Capture, ...]]] = {
    "I03": ("a refused data group", (document(*REFUSED),)),
    "I05": ("one bit differs", (CASES["I05"][1](),)),
    "I06": ("DG15 alone", (honest(),)),
    "I07": ("more listed than signed", (read(files() | {COM: common(1, 2, 3, 11, 15)}, COM, SOD),)),
    "I08": ("all that was read is signed", (honest(),)),
    "I09": ("fingers after the proof of the terminal", (CASES["I09"][1](),)),
    "I10": ("an answer of status and MAC", (CASES["I10"][1](),)),
    "I15": ("PACE, and the list that offers it", (CASES["I15"][1](),)),
    "I16": ("signed with another key than the chip's", (honest(),)),
    "I17": ("no certificate was given", (honest(),)),
    "I20": ("the right key", (honest(),)),
    "I21": (
        "a spoiled certificate that the chip refuses, then the right ones",
        (document(*chain(verifier=SPOILED)[:3], "6300", *chain()),),
    ),
    "I22": (
        "a proof over another key that the chip refuses, then the right one",
        (document(*chain(), *proof(key=bytes(32), answer="6300"), *chain(), *proof()),),
    ),
}
