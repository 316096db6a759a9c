# SPDX-License-Identifier: MIT
"""Certificates: X.509 in DER, base64 or PEM, and card-verifiable ones (7F21)."""

from __future__ import annotations

import functools
import re
from dataclasses import replace

from ..core.errors import NotVerifiable
from ..core.escape import counted
from ..core.layout import Layout, compile_layout
from ..core.model import Constant, Fact, Node, Sensitive
from ..crypto.x509 import CertificateFact, certificate_facts
from .model import LIKELY, SURE, Caller, Reading, refuse
from .objects import tlv_of
from .paste import Pasted, from_base64

_REF = "RFC 5280, 4.1"
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END")
_CV = b"\x7f\x21"
_TEXTS = ("0C", "13", "14", "16", "1A", "1E")  # character strings of DER: names of people, too
MAX_CERTIFICATE = 1 << 16


def read_certificate(paste: Pasted, caller: Caller) -> Reading:
    """A certificate of any of these forms."""
    pem = _PEM.search(paste.text)
    if pem and "CERTIFICATE" not in pem[1]:
        raise refuse(f"PEM of {pem[1]}, no certificate")
    data = _bytes_of(paste)
    if data.startswith(_CV):
        return _card_verifiable(data, caller)
    if data[:1] != b"\x30" or len(data) > MAX_CERTIFICATE:
        raise refuse("it begins neither with 30 (X.509) nor with 7F21 (card-verifiable)")
    return _x509(data)


def _bytes_of(paste: Pasted) -> bytes:
    """The bytes of PEM, of hex or of base64."""
    pem = _PEM.search(paste.text)
    if pem:
        return from_base64(pem[2])
    return paste.data or from_base64(paste.text)


def _card_verifiable(data: bytes, caller: Caller) -> Reading:
    reading = tlv_of(data, caller, "")
    title = "card-verifiable certificate (7F21)"
    strength = LIKELY
    if reading.strength >= SURE:
        strength = SURE
    return Reading("cert", title, strength, reading.reason, reading.nodes, reading.remarks)


def _x509(data: bytes) -> Reading:
    structure = _structure(data)
    if not _is_certificate(structure):
        raise refuse("DER, but not a sequence of content, algorithm and signature")
    size = counted(len(data), "byte")
    title = f"X.509 certificate, {size}"
    rows: list[CertificateFact] = []
    remark = "its content breaks the rules of X.509: its structure only"
    try:
        rows = certificate_facts(data)
    except NotVerifiable as missing:
        remark = f"its structure only: {missing.reason}"
    if not rows:
        reason = "the structure of a certificate"
        return Reading("cert", title, LIKELY, reason, structure, (remark,))
    nodes = tuple(_node(row) for row in rows)
    return Reading("cert", title, SURE, "it reads as X.509", nodes)


def _node(row: CertificateFact) -> Node:
    data = row.text.encode()
    sensitive: Sensitive = ""
    if row.is_personal:
        sensitive = "name"
    fact = Fact("", row.name, Constant(row.text), _REF, sensitive=sensitive)
    body = len(data)  # the text says it all, without its bytes
    if sensitive:
        body = 0  # what is hidden is a value
    return Node(fact, data, 0, body, len(data))


@functools.cache
def _der() -> Layout:
    return compile_layout("03 BIT STRING", kind="der:open", ref="ITU-T X.690")


def _structure(data: bytes) -> tuple[Node, ...]:
    """The objects of DER; texts are hidden, because they name people."""
    return tuple(_hiding(node) for node in _der().parse(data))


def _hiding(node: Node) -> Node:
    if node.children:
        return replace(node, children=tuple(_hiding(child) for child in node.children))
    if node.tag in _TEXTS:
        return replace(node, fact=replace(node.fact, name="text", sensitive="name", share=""))
    return node


def _is_certificate(nodes: tuple[Node, ...]) -> bool:
    """Whether DER is one sequence of two sequences and a bit string."""
    if len(nodes) != 1 or nodes[0].error:
        return False
    tags = [child.tag for child in nodes[0].children]
    return tags == ["30", "30", "03"]


def read_der(paste: Pasted, caller: Caller) -> Reading:
    """The structure of DER, whatever it says."""
    data = _bytes_of(paste)
    if data[:1] != b"\x30" or len(data) > MAX_CERTIFICATE:
        raise refuse("DER of this kind begins with 30")
    nodes = _structure(data)
    wrong = [node.error for node in nodes if node.error]
    if wrong:
        raise refuse(wrong[0])
    return Reading("der", f"DER, {counted(len(data), 'byte')}", LIKELY, "tiles exactly", nodes)
