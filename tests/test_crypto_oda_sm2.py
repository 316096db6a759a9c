# SPDX-License-Identifier: MIT
"""SM2 certificates and signatures of published test cards verify; one changed bit, and they do not."""

from __future__ import annotations

import datetime

import pytest

import cardlib
from cardlib.crypto import oda, oda_sm2
from cardlib.crypto.keyring import fitting, shipped

# Test data of a published test card (UnionPay test CA, index 18).
ISSUER_CERTIFICATE = bytes.fromhex(
    "1262354897123000125804001140C9DAD9AC482C02D489E24EEDFCE7C2F0EA4450D208E8E3847FDDCE6B9D55EDC8"
    "C97154E019C9E5C1419629587C9C923529D5A18D1715E6EF9DAEB057987FEDFAE1F1F48346B2E90A4443CB7DD427"
    "48236C2264FCE4A47B68EF505F2E2FCE4736BA8EC9B67611DB07E31FA90E245300BA278EBDD345508FACE2485E24"
    "2CE09363"
)
CARD_CERTIFICATE = bytes.fromhex(
    "14623548973000021812FF0625007EB004001140342A63B591135AEFC30A2A308A0F8185FB6E35A85F75A26487501B"
    "0CAFE391113BEDDA0888B126FC7F64E2E070F9CC06D456BF7C984EE7D1194F9DE23D9ADCA3C4D73FA5EA6B7040AACE"
    "51D5AE016DA2DD74F7147BFD31925EFE8C09E5308C26BD54FFE78B8CEEBF140E7506B9418B209C4D244F799CC8B6E3"
    "E0FA2F3212DC22"
)
STATIC = bytes.fromhex(
    "5F24032506015F25031706015A096235489730000218129F0702FF008E0C000000000000000002031F009F0D05D860"
    "9CA8009F0E0500100000009F0F05D8689CF8005F280201569F080200308C1B9F02069F03069F1A0295055F2A029A03"
    "9C019F37049F21039F4E148D1A8A029F02069F03069F1A0295055F2A029A039C019F37049F2103"
)
AIP = bytes.fromhex("7C00")
# Of another card: its key, its signature, and the number that it signed.
CARD_KEY = bytes.fromhex(
    "82AD9A9B202664A203F2570130EA8946DFC9F870BC487F48EA537FB3B20E1106"
    "6DD0133F8D1CC4DE488278C03AC253D7EE2E1BB9D577B5E8DB7443FEDCC4CF34"
)
SIGNATURE = bytes.fromhex(
    "152C0200D1409ACA6FCE2FE13FA04081628B52CAFBFDEB092F23735FAB5E584C052DDD4528B538D2EC5C6443E71D"
    "6D28D8CD27A8A9C2C5CDA83929D380926D628D69E512BA03ECC5BD59A13A2B3A"
    "62A675F8493483BFFE07C8D8EA7E89B5D54933FD30EA1F34CC8F5EE53ECFC33C"
)
NUMBER = bytes.fromhex("11223344")
PAN = "6235489730000218129"[:18]


def ca_key() -> bytes:
    (key,) = fitting(shipped(), "ca-sm2", rid="A000000333", index="18")
    return key.value


def changed(data: bytes, place: int) -> bytes:
    """The data with one bit changed."""
    return data[:place] + bytes((data[place] ^ 1,)) + data[place + 1 :]


def issuer_key() -> bytes:
    proof, key = oda_sm2.issuer_certificate(ca_key(), ISSUER_CERTIFICATE, PAN)
    assert (proof.verdict, proof.reason) == ("verified", "")
    assert key is not None
    return key


@pytest.mark.parametrize("place", [20, 77, 78, 141])
def test_a_changed_issuer_certificate_is_refused(place: int) -> None:
    proof, key = oda_sm2.issuer_certificate(ca_key(), changed(ISSUER_CERTIFICATE, place))
    assert proof.verdict in ("failed", "not checkable")
    assert key is None or proof.verdict != "failed"


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (0, "142 bytes that begin with 13 are no object 12 with SM2"),
        (10, "signature algorithm is 05, not 04"),
        (11, "key algorithm is 01, not 00"),
        (12, "curve is 10, not 11"),
        (13, "key length is 41, not 40"),
    ],
)
def test_what_a_wrong_certificate_says(place: int, reason: str) -> None:
    proof, key = oda_sm2.issuer_certificate(ca_key(), changed(ISSUER_CERTIFICATE, place))
    assert (proof.verdict, proof.reason, key) == ("failed", reason, None)


def test_the_certificate_of_another_issuer_or_of_the_past_is_refused() -> None:
    other, _ = oda_sm2.issuer_certificate(ca_key(), ISSUER_CERTIFICATE, "6212340000000000")
    assert other.reason == "issuer identifier 62354897 is not of this PAN"
    day = datetime.date(2031, 1, 1)
    late, _ = oda_sm2.issuer_certificate(ca_key(), ISSUER_CERTIFICATE, PAN, day)
    assert late.reason == "expiry 12/2030 is before the transaction of 2031-01-01"


def test_the_card_certificate_covers_static_data_and_aip() -> None:
    proof, key = oda_sm2.card_certificate(issuer_key(), CARD_CERTIFICATE, STATIC + AIP)
    assert proof.verdict == "verified"
    assert key == CARD_CERTIFICATE[20:84]
    for static in (STATIC, changed(STATIC, 5) + AIP, STATIC + b"\x7d\x00"):
        refused, _ = oda_sm2.card_certificate(issuer_key(), CARD_CERTIFICATE, static)
        assert refused.verdict == "failed"
    unknown, _ = oda_sm2.card_certificate(issuer_key(), CARD_CERTIFICATE, None)
    assert unknown.verdict == "not checkable"


def test_a_card_signs_its_cryptogram() -> None:
    proof, dynamic = oda_sm2.dynamic_data(CARD_KEY, SIGNATURE, NUMBER, "CDA")
    assert proof.verdict == "verified"
    parts = oda.combined(dynamic, hash_size=32)
    assert parts["dynamic number"].hex() == "00d1"
    assert parts["CID"] == b"\x40"
    assert parts["cryptogram"].hex().upper() == "9ACA6FCE2FE13FA0"
    assert parts["hash"].hex().upper().startswith("4081628B")


@pytest.mark.parametrize("place", [2, 20, 45, 46, 109])
def test_a_changed_signature_is_refused(place: int) -> None:
    proof, _ = oda_sm2.dynamic_data(CARD_KEY, changed(SIGNATURE, place), NUMBER, "CDA")
    assert proof.verdict == "failed"
    other, _ = oda_sm2.dynamic_data(CARD_KEY, SIGNATURE, bytes(4), "CDA")
    assert other.verdict == "failed"


@pytest.mark.parametrize("size", range(0, 110, 7))
def test_a_signature_that_is_cut_off_is_refused(size: int) -> None:
    proof, _ = oda_sm2.dynamic_data(CARD_KEY, SIGNATURE[:size], NUMBER)
    assert proof.verdict == "failed"


def test_a_key_beside_the_curve_checks_nothing() -> None:
    proof, _ = oda_sm2.dynamic_data(changed(CARD_KEY, 3), SIGNATURE, NUMBER)
    assert (proof.verdict, proof.reason) == (
        "not checkable",
        "the SM2 key is no point of the curve",
    )


def tlv(tag: str, value: bytes) -> bytes:
    size = len(value)
    length = bytes((size,)) if size < 128 else bytes((0x81, size))
    return bytes.fromhex(tag) + length + value


def capture_of(static: bytes) -> str:
    """A dialogue of this card, with its certificates in records."""
    fci = tlv("6F", tlv("84", bytes.fromhex("A000000333010101")) + tlv("A5", b""))
    gpo = tlv("77", tlv("82", AIP) + tlv("94", bytes.fromhex("0801010110010200")))
    records = [
        (1, 1, static),
        (2, 1, tlv("8F", b"\x18") + tlv("90", ISSUER_CERTIFICATE) + tlv("9F4A", b"\x82")),
        (2, 2, tlv("9F46", CARD_CERTIFICATE)),
    ]
    lines = [f"> 00A4040008A000000333010101\n< {fci.hex()}9000"]
    lines.append(f"> 80A800000283 00\n< {gpo.hex()}9000")
    for sfi, number, content in records:
        read = f"00B2{number:02X}{sfi << 3 | 4:02X}00"
        lines.append(f"> {read}\n< {tlv('70', content).hex()}9000")
    return "\n".join(lines) + "\n"


def verdicts(static: bytes) -> list[tuple[str, str]]:
    (payment,) = cardlib.transactions(cardlib.read_text(capture_of(static)))
    return [(proof.name, proof.verdict) for proof in cardlib.proofs(payment)][:2]


def test_a_payment_whose_certificates_are_of_sm2() -> None:
    verified = [("issuer certificate", "verified"), ("card certificate", "verified")]
    assert verdicts(STATIC) == verified


def test_a_payment_whose_static_data_were_changed() -> None:
    changed_static = STATIC.replace(b"\x5f\x24\x03\x25", b"\x5f\x24\x03\x45")
    expected = [("issuer certificate", "verified"), ("card certificate", "failed")]
    assert verdicts(changed_static) == expected
