# SPDX-License-Identifier: MIT
"""The security object of a document: hashes of its data groups, signed (ICAO Doc 9303-10, 4.7.1.1; RFC 5652)."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from ..core.errors import NotVerifiable
from ..core.model import record
from ..core.secure import Object, objects_of
from .blocks import imported
from .chip import HASHES, package_hash

SIGNED_DATA = "2A864886F70D010702"
LDS_OBJECT = "678108010101"
_DIGEST_ATTRIBUTE = "2A864886F70D010904"
_HASHES = {
    "2B0E03021A": "SHA-1",
    "608648016503040204": "SHA-224",
    "608648016503040201": "SHA-256",
    "608648016503040202": "SHA-384",
    "608648016503040203": "SHA-512",
}
# Signature algorithms with their hash; empty: the hash is that of the signer's digest.
_ECDSA = {
    "2A8648CE3D0401": "SHA-1",
    "2A8648CE3D040301": "SHA-224",
    "2A8648CE3D040302": "SHA-256",
    "2A8648CE3D040303": "SHA-384",
    "2A8648CE3D040304": "SHA-512",
}
_RSA = {
    "2A864886F70D010101": "",
    "2A864886F70D010105": "SHA-1",
    "2A864886F70D01010E": "SHA-224",
    "2A864886F70D01010B": "SHA-256",
    "2A864886F70D01010C": "SHA-384",
    "2A864886F70D01010D": "SHA-512",
}
_RSA_PSS = "2A864886F70D01010A"
_MAX_GROUPS = 64


@record
class SecurityObject:
    """What EF.SOD says: the hash of each data group, and all that its signature needs."""

    hash_name: str
    hashes: dict[int, bytes] = field(hash=False)
    content: bytes = field(repr=False)
    attributes: bytes = field(repr=False)  # as they are signed: a SET
    digest: bytes = field(repr=False)
    signer_hash: str
    algorithm: str
    signature: bytes = field(repr=False)
    certificate: bytes = field(repr=False)

    def agrees(self, group: int, data: bytes) -> bool | None:
        """Whether a data group has the hash that is signed; None where no hash of it is here."""
        if group not in self.hashes:
            return None
        return hashed(self.hash_name, data) == self.hashes[group]


def hashed(hash_name: str, data: bytes) -> bytes:
    """A hash by its name."""
    digest: bytes = HASHES[hash_name](data, usedforsecurity=False).digest()
    return digest


def _only(objects: list[Object], tag: str, what: str) -> Object:
    """The first object of a tag; NotVerifiable where there is none."""
    for item in objects:
        if item.tag == tag:
            return item
    raise NotVerifiable(f"no {what} in the security object")


def _inside(objects: list[Object], tag: str, what: str) -> list[Object]:
    return objects_of(_only(objects, tag, what).value)


def security_object(sod: bytes) -> SecurityObject:
    """The content of EF.SOD, or of its value; NotVerifiable says what is missing in it."""
    outer = objects_of(sod)
    if outer and outer[0].tag == "77":
        outer = objects_of(outer[0].value)
    information = _inside(outer, "30", "content")
    if _only(information, "06", "kind").value.hex().upper() != SIGNED_DATA:
        raise NotVerifiable("EF.SOD holds no signed data")
    signed = _inside(_inside(information, "A0", "signed data"), "30", "signed data")
    encapsulated = _inside(signed, "30", "signed content")
    content = _only(_inside(encapsulated, "A0", "signed content"), "04", "signed content").value
    hash_name, hashes = _groups(content)
    signer = _signer(signed)
    return SecurityObject(hash_name, hashes, content, *signer)


def _groups(content: bytes) -> tuple[str, dict[int, bytes]]:
    """The hash algorithm and the hashes of an LDSSecurityObject (4.7.1.1)."""
    parts = _inside(objects_of(content), "30", "list of hashes")
    sequences = [item for item in parts if item.tag == "30"]
    if len(sequences) < 2:
        raise NotVerifiable("no list of hashes in the security object")
    hash_name = _hash_name(sequences[0])
    hashes = {}
    for item in objects_of(sequences[1].value)[:_MAX_GROUPS]:
        pair = objects_of(item.value)
        group = int.from_bytes(_only(pair, "02", "number of a group").value)
        hashes[group] = _only(pair, "04", "hash of a group").value
    return hash_name, hashes


def _hash_name(algorithm: Object) -> str:
    digits = _only(objects_of(algorithm.value), "06", "algorithm").value.hex().upper()
    if digits not in _HASHES:
        raise NotVerifiable(f"the hash algorithm {digits} is not known here")
    return _HASHES[digits]


def _signer(signed: list[Object]) -> tuple[bytes, bytes, str, str, bytes, bytes]:
    """What the first signer signed, how, and the first certificate (RFC 5652, 5.3)."""
    signers = [item for item in signed if item.tag == "31"]
    if len(signers) < 2:
        raise NotVerifiable("nobody signed the security object")
    parts = _inside(objects_of(signers[-1].value), "30", "signer")
    attributes = _only(parts, "A0", "signed attributes")
    algorithms = [item for item in parts if item.tag == "30"]
    if len(algorithms) < 2:
        raise NotVerifiable("no algorithms of the signer in the security object")
    certificates = objects_of(_only(signed, "A0", "certificate").value)
    return (
        b"\x31" + attributes.raw[1:],  # the tag with which it is signed (RFC 5652, 5.4)
        _digest_in(attributes),
        _hash_name(algorithms[-2]),
        _only(objects_of(algorithms[-1].value), "06", "algorithm").value.hex().upper(),
        _only(parts, "04", "signature").value,
        _only(certificates, "30", "certificate").raw,
    )


def _digest_in(attributes: Object) -> bytes:
    for item in objects_of(attributes.value):
        pair = objects_of(item.value)
        if _only(pair, "06", "attribute").value.hex().upper() == _DIGEST_ATTRIBUTE:
            return _only(_inside(pair, "31", "digest"), "04", "digest").value
    raise NotVerifiable("no digest among the signed attributes")


def signature_is_right(content: SecurityObject) -> bool:
    """Whether the certificate inside signed these hashes."""
    if hashed(content.signer_hash, content.content) != content.digest:
        return False
    key = loaded_certificate(content.certificate).public_key()
    return _verifies(key, content)


def loaded_certificate(der: bytes) -> Any:
    """A certificate of the package cryptography."""
    try:
        return imported("cryptography.x509").load_der_x509_certificate(der)
    except NotVerifiable:
        raise
    except Exception:  # hostile bytes may fail anywhere in the package
        raise NotVerifiable("a certificate cannot be read") from None


def _verifies(key: Any, content: SecurityObject) -> bool:
    arguments = _scheme(content)
    try:
        key.verify(content.signature, content.attributes, *arguments)
    except imported("cryptography.exceptions").InvalidSignature:
        return False
    except Exception:  # a key of another kind, a hash that does not fit
        raise NotVerifiable("the signature does not fit the key in the certificate") from None
    return True


def _scheme(content: SecurityObject) -> tuple[Any, ...]:
    """Padding and hash, as the package takes them."""
    chosen = package_hash(signature_hash(content))
    if content.algorithm in _ECDSA:
        ec = imported("cryptography.hazmat.primitives.asymmetric.ec")
        return (ec.ECDSA(chosen),)
    padding = imported("cryptography.hazmat.primitives.asymmetric.padding")
    if content.algorithm == _RSA_PSS:
        return padding.PSS(padding.MGF1(chosen), padding.PSS.AUTO), chosen
    return padding.PKCS1v15(), chosen


def signature_hash(content: SecurityObject) -> str:
    """The hash of the signature, which its algorithm may name beside the signer's digest."""
    if content.algorithm in _ECDSA:
        return _ECDSA[content.algorithm]
    if content.algorithm == _RSA_PSS:
        return content.signer_hash
    if content.algorithm in _RSA:
        return _RSA[content.algorithm] or content.signer_hash
    raise NotVerifiable(f"the signature algorithm {content.algorithm} is not known here")


def is_issued_by(certificate: bytes, issuer: bytes) -> bool:
    """Whether a certificate was signed with the key of another."""
    owner, authority = loaded_certificate(certificate), loaded_certificate(issuer)
    try:
        owner.verify_directly_issued_by(authority)
    except Exception:  # the names differ, the signature is wrong, the key does not fit
        return False
    return True
