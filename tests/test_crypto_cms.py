# SPDX-License-Identifier: MIT
"""EF.SOD: what it says, whether it was signed so; cut off, changed, nested without end."""

from __future__ import annotations

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.core.secure import written
from cardlib.crypto.cms import (
    hashed,
    is_issued_by,
    loaded_certificate,
    security_object,
    signature_is_right,
)
from traces.makers import der
from traces.makers.passport import SOD, files
from traces.makers.rsa_keys import key

FILES = files()
SIGNED = FILES[SOD]


def changed(place: int) -> bytes:
    return SIGNED[:place] + bytes((SIGNED[place] ^ 1,)) + SIGNED[place + 1 :]


def test_what_it_says() -> None:
    content = security_object(SIGNED)
    assert content.hash_name == "SHA-256"
    assert sorted(content.hashes) == [1, 2, 11, 15]
    for group in content.hashes:
        data = FILES[0x0100 + group]
        assert content.agrees(group, data) is True
        assert content.agrees(group, data + b"\0") is False
    assert content.agrees(3, b"") is None


def test_it_is_signed_and_a_changed_hash_or_signature_is_not() -> None:
    assert signature_is_right(security_object(SIGNED))
    digest = hashed("SHA-256", FILES[0x0101])
    assert not signature_is_right(security_object(changed(SIGNED.index(digest))))
    assert not signature_is_right(security_object(changed(len(SIGNED) - 1)))


def test_the_certificate_of_the_country() -> None:
    country, signer = der.name("UT", "Utopia CSCA"), key("country signer")
    certificate = der.certificate(signer, country, signer, country, 1)
    other = der.certificate(key("passport chip"), country, key("passport chip"), country, 1)
    inside = security_object(SIGNED).certificate
    assert is_issued_by(inside, certificate)
    assert not is_issued_by(inside, other)
    assert not is_issued_by(inside, inside)
    with pytest.raises(NotVerifiable, match="cannot be read"):
        loaded_certificate(inside[:-1])


@pytest.mark.parametrize("size", [0, 1, 4, 40, 200, 700, 1300])
def test_a_file_that_is_cut_off_is_refused(size: int) -> None:
    with pytest.raises(NotVerifiable):
        security_object(SIGNED[:size])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes.fromhex("7700"),
        bytes.fromhex("3000"),
        bytes.fromhex("77023000"),
        b"\x30\x80" * 20_000,
        written("77", der.sequence(der.identifier("2A03"), written("A0", b""))),
    ],
    ids=["nothing", "empty", "sequence", "in a template", "nested", "another kind"],
)
def test_what_is_no_security_object_is_refused(data: bytes) -> None:
    with pytest.raises(NotVerifiable):
        security_object(data)
