# SPDX-License-Identifier: MIT
"""Cryptograms, answers and scripts of the issuer recomputed: what cannot be first, then made-up and real cards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_secrets import capture, tlv

import cardlib
from benchmarks.synthetic_payment import card, scheme_key
from cardlib.acts.emv.proofs import proofs
from cardlib.acts.emv.transaction import transactions
from cardlib.core.model import Proof
from cardlib.crypto import blocks, keys
from cardlib.crypto import cryptogram as cg
from cardlib.crypto.blocks import zeros
from cardlib.crypto.keyring import Key, shipped
from cardlib.show import text as display

PAN, ATC, IAD = "4761340000000019", "0029", "06010A03A4B800"
VISA = bytes.fromhex("2315208C9110AD402315208C9110AD40")  # published with the ADVT test cards
SMI = bytes(range(16))
CDOL1 = "9F02069F03069F1A0295055F2A029A039C019F3704"
TERMINAL = "00000000100000000000000002768000008000097827010100D3173A1F"
SECOND = TERMINAL.replace("8000008000", "8000008040")
Pairs = list[tuple[str, str]]


def ac(terminal: str, cvr: str) -> str:
    key = keys.card_key(VISA, PAN)
    data = bytes.fromhex(terminal + "1C00" + ATC + cvr)
    return cg.application_cryptogram(key, data, zeros).hex().upper()


def arpc(code: str = "3030") -> str:
    first = bytes.fromhex(ac(TERMINAL, "03A4B800"))
    return cg.arpc1(keys.card_key(VISA, PAN), first, bytes.fromhex(code)).hex().upper() + code


def script(size: int = 8) -> str:
    """APPLICATION UNBLOCK with its MAC."""
    head = f"84180000{size:02X}"
    key = keys.session_key_visa(keys.card_key(SMI, PAN), bytes.fromhex(ATC))
    return (
        head
        + cg.script_mac(key, bytes.fromhex(head + ATC + ac(TERMINAL, "03A4B800")))[:size]
        .hex()
        .upper()
    )


def answered(kind: str, terminal: str, iad: str) -> str:
    return tlv("80", kind + ATC + ac(terminal, iad[6:]) + iad) + "9000"


def payment() -> Pairs:
    """A contact payment with a Visa test card, online, with a script of the issuer."""
    record = tlv("5A", PAN) + tlv("8C", CDOL1) + tlv("8D", "8A02" + CDOL1)
    return [
        (
            "00A4040007A000000003101000",
            tlv("6F", tlv("84", "A0000000031010") + tlv("A5", tlv("50", "58"))) + "9000",
        ),
        ("80A8000002830000", tlv("80", "1C00" + "08010100") + "9000"),
        ("00B2010C00", tlv("70", record) + "9000"),
        (f"80AE80001D{TERMINAL}00", answered("80", TERMINAL, IAD)),
        (f"008200000A{arpc()}", "9000"),
        (f"80AE40001F3030{SECOND}00", answered("40", SECOND, "06010A0364BC00")),
        (script(), "9000"),
    ]


def prove(
    pairs: Sequence[tuple[str, str]], ring: Sequence[Key] | None = None
) -> list[tuple[str, str, str]]:
    (one,) = transactions(capture(*(line for pair in pairs for line in pair)))
    return [(proof.name, proof.verdict, proof.reason) for proof in proofs(one, ring)]


ADVT = "Visa CVN 10, published test key, Visa ADVT"
ARQC, TC, ARPC, MAC = "cryptogram ARQC", "cryptogram TC", "issuer's answer (ARPC)", "script MAC"


def test_published_test_keys_are_tried_and_said() -> None:
    assert prove(payment()) == [
        (ARQC, "verified", ADVT),
        (TC, "verified", ADVT),
        (ARPC, "verified", ADVT),
        (MAC, "not checkable", "Visa CVN 10: no key for script MACs given"),
    ]


def test_a_proof_prints_one_line() -> None:
    (one,) = transactions(capture(*(line for pair in payment() for line in pair)))
    assert [display.text(proof) for proof in proofs(one)][2:] == [
        f"VERIFIED      {ARPC}: {ADVT} [exchange 4 command 5..15]",
        f"NOT CHECKABLE {MAC}: Visa CVN 10: no key for script MACs given [exchange 6 command 0..13]",
    ]


def test_without_the_package_for_ciphers_certificates_still_verify(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(name: str) -> None:
        raise ImportError(name)

    pairs = card()
    monkeypatch.setattr(blocks, "import_module", absent)
    blocks.imported.cache_clear()
    try:
        made = prove(pairs, (*shipped(), scheme_key()))
    finally:
        monkeypatch.undo()
        blocks.imported.cache_clear()
    assert [verdict for _, verdict, _ in made[:-1]] == ["verified"] * 5
    assert made[-1] == (
        ARQC,
        "not checkable",
        "needs the package cryptography: pip install 'cryptography>=43'",
    )


def own(use: str, value: bytes, **more: str) -> Key:
    return Key(use, value, note="ours", **more)  # type: ignore[arg-type]


def test_keys_of_ones_own_prove_or_disprove() -> None:
    ring = (own("imk-ac", VISA), own("imk-smi", SMI))
    assert [verdict for _, verdict, _ in prove(payment(), ring)] == ["verified"] * 4
    assert prove(payment(), ring)[0][2] == "Visa CVN 10, ours"
    for use in ("mk-ac", "session"):  # under CVN 10 the card's key is the session's
        assert prove(payment(), (own(use, keys.card_key(VISA, PAN)),))[0][1] == "verified"
    wrong = own("imk-ac", SMI), own("mk-smi", SMI)
    made = dict((name, (verdict, reason)) for name, verdict, reason in prove(payment(), wrong))
    assert made[ARQC] == ("failed", f"Visa CVN 10: no key given makes {ac(TERMINAL, '03A4B800')}")
    assert made[ARPC] == ("not checkable", "the key of the first cryptogram is not known")
    assert made[MAC] == ("failed", "Visa CVN 10: no key given makes this MAC")
    assert prove(payment(), (own("imk-ac", VISA, iin="5413"),))[0][1:] == (
        "not checkable",
        "Visa CVN 10: no master key given",
    )


def test_a_version_that_is_only_remembered_disproves_nothing() -> None:
    made = prove(edited(3, "06010A03", "06011103"), (own("imk-ac", VISA), *shipped()))[0]
    assert made[:2] == (ARQC, "not checkable")
    assert made[2].startswith(
        "Visa CVN 17: no key given makes it, and what it signs is not known for certain; published"
    )


def edited(place: int, old: str, new: str) -> Pairs:
    pairs = payment()
    assert old in "".join(pairs[place])
    pairs[place] = (pairs[place][0].replace(old, new), pairs[place][1].replace(old, new))
    return pairs


NO_FIT = "Visa CVN 10: no master key given; published test key, Visa ADVT does not make it"
CHANGED = [
    ("amount", 3, "000000001000", "000000001001", ARQC, "not checkable", NO_FIT),
    ("CVR", 3, "03A4B800", "03A4B900", ARQC, "not checkable", NO_FIT),
    ("AIP", 1, "1C00", "1C01", ARQC, "not checkable", NO_FIT),
    ("PAN", 2, PAN, "4761340000000027", ARQC, "not checkable", NO_FIT),
    ("TVR of the second", 5, "8000008040", "8000008000", TC, "not checkable", NO_FIT),
    ("answer", 4, arpc()[:4], "0000", ARPC, "failed", "ARPC is 0000"),
    ("response code", 4, "3030", "3035", ARPC, "failed", "ARPC is "),
    (
        "a long response code",
        4,
        f"0A{arpc()}",
        f"0B{arpc()}00",
        ARPC,
        "not checkable",
        "an authorisation response code has 2",
    ),
    (
        "version",
        3,
        "06010A03",
        "06010C03",
        ARQC,
        "not checkable",
        "cryptogram version 0C of A000000003: no method",
    ),
    ("no PAN", 2, "5A08", "5B08", ARQC, "not checkable", "Visa CVN 10: no master key given"),
    (
        "no list",
        2,
        "8C15",
        "8B15",
        ARQC,
        "not checkable",
        "9F02, 9F03, 9F1A, 95, 5F2A, 9A, 9C, 9F37 not in this cap",
    ),
    ("no AIP", 1, "80061C00", "81061C00", ARQC, "not checkable", NO_FIT),
]


@pytest.mark.parametrize(
    ("place", "old", "new", "name", "verdict", "reason"),
    [row[1:] for row in CHANGED],
    ids=[row[0] for row in CHANGED],
)
def test_one_change_is_seen(
    place: int, old: str, new: str, name: str, verdict: str, reason: str
) -> None:
    made = next(row for row in prove(edited(place, old, new)) if row[0] == name)
    assert made[1] == verdict and made[2].startswith(reason)


def test_script_macs_of_four_bytes_and_none() -> None:
    ring = (own("imk-smi", SMI),)
    short = [*payment()[:-1], (script(4), "9000")]
    assert prove(short, ring)[-1] == (MAC, "verified", "Visa CVN 10, ours")
    assert prove([*payment()[:-1], ("8418000002ABCD", "9000")], ring)[-1] == (
        MAC,
        "not checkable",
        "no MAC in this command",
    )
    alone = [payment()[0], payment()[1], payment()[-1]]
    assert prove(alone, ring)[-1][2].startswith("no 9F10 Issuer application data (IAD), no 9F36 ")


def test_a_card_that_refuses_has_no_cryptogram() -> None:
    pairs = payment()[:3]
    assert prove([*pairs, (payment()[3][0], "6985")]) == []


def test_the_cryptogram_inside_a_signature() -> None:
    """The answer to CDA holds it in 9F4B alone: it is known only once that is opened."""
    (one,) = transactions(capture(*(line for pair in card("CDA") for line in pair)))
    said = {proof.name: proof for proof in proofs(one)}[ARQC]
    assert (said.verdict, said.reason) == (
        "not checkable",
        "the cryptogram is inside the signature, which could not be opened",
    )
    said = {proof.name: proof for proof in proofs(one, (*shipped(), scheme_key()))}[ARQC]
    assert (said.verdict, said.reason) == ("verified", ADVT)


def test_no_key_is_shown(tmp_path: Path) -> None:
    (one,) = transactions(capture(*(line for pair in payment() for line in pair)))
    ring = (own("imk-ac", VISA), own("imk-smi", SMI))
    shown = repr((proofs(one, ring), [proof.facts for proof in proofs(one, ring)]))
    for key in (VISA, SMI, keys.card_key(VISA, PAN), keys.card_key(SMI, PAN)):
        assert key.hex() not in shown.lower() and repr(key)[2:-1] not in shown


WHOLE = [payment(), card("CDA"), card("fDDA"), card()]


@given(st.data())
def test_nothing_raises(data: st.DataObject) -> None:
    pairs = [list(pair) for pair in data.draw(st.sampled_from(WHOLE))]
    for _ in range(data.draw(st.integers(1, 4))):
        pair = data.draw(st.sampled_from(pairs))
        side = data.draw(st.integers(0, 1))
        cut = 2 * data.draw(st.integers(0, len(pair[side]) // 2))
        more = 2 * data.draw(st.integers(0, 3))
        pair[side] = (
            pair[side][:cut] + data.draw(st.binary(max_size=3)).hex() + pair[side][cut + more :]
        )
    lines = [line for pair in pairs for line in pair if line]
    if not lines:
        return
    for one in transactions(capture(*lines)):
        made = proofs(one, (*shipped(), own("imk-ac", VISA), own("imk-smi", SMI)))
        assert all(
            isinstance(proof, Proof) and (proof.reason or proof.verdict == "verified")
            for proof in made
        )


REAL = {
    ("contact-visa-in", 1): [
        (ARQC, "verified", ADVT),
        (TC, "verified", ADVT),
        (ARPC, "not checkable", "an authorisation response code has 2 bytes, this one 0"),
    ],
    ("contact-mastercard-in", 1): [
        (ARQC, "verified", "M/Chip CVN 10, published test key, Mastercard MTIP"),
        ("cryptogram AAC", "verified", "M/Chip CVN 10, published test key, Mastercard MTIP"),
        (
            ARPC,
            "failed",
            "ARPC is 1122334455667788, computed F71B27135357CDB4",
        ),  # the terminal sent 11 22 33 ...
    ],
    ("amex-cda-in", 0): [
        (ARQC, "not checkable", "cryptogram version 01 of A000000025: no method is known here"),
    ],
}
SYMMETRIC = {ARQC, TC, ARPC, MAC, "cryptogram AAC"}


@pytest.mark.parametrize(("name", "place"), REAL)
def test_real_cryptograms_recompute(name: str, place: int, real_captures: Path) -> None:
    one = cardlib.transactions(real_captures / f"emv-bertlv/{name}.txt")[place]
    made = [
        (proof.name, proof.verdict, proof.reason)
        for proof in proofs(one)
        if proof.name in SYMMETRIC
    ]
    assert made == REAL[name, place]


@pytest.mark.parametrize(
    ("name", "place", "old"),
    [("contact-visa-in", 1, "d3173a1f"), ("contact-mastercard-in", 1, "8221f601")],
)
def test_a_changed_real_capture_no_longer_does(
    name: str, place: int, old: str, real_captures: Path
) -> None:
    text = (real_captures / f"emv-bertlv/{name}.txt").read_text("utf-8")
    assert old in text
    one = cardlib.transactions(cardlib.read_text(text.replace(old, "00000000")))[place]
    assert {proof.verdict for proof in proofs(one) if proof.name in (ARQC, TC)} == {"not checkable"}
