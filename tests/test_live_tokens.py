# SPDX-License-Identifier: MIT
"""Foreign programs at one end of the real PC/SC stack, our tokens at the other: they work, and the log says how.

Each starts a daemon of its own and takes seconds, so `make long` runs them; they are skipped where a program is away.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from test_live_stack import live_card, pcsc

import cardlib
from benchmarks.explained import table
from cardlib.crypto.cms import loaded_certificate
from cardlib.crypto.x509 import is_signed_block
from cardlib.live.link import Card
from traces.makers import piv
from traces.makers.openpgp import OpenPgpCard
from traces.makers.pkcs15 import Pkcs15Card

NO_PROGRAM = "no program for tokens (apt install opensc gnupg scdaemon)"
LEAST = 0.98
pytestmark = pytest.mark.long


def printed(
    card: Card, folder: Path, *tools: tuple[str, ...], **settings: str
) -> tuple[str, cardlib.Capture]:
    """What these programs print of a card, and the daemon's log of it."""
    if not all(shutil.which(tool[0]) for tool in tools):
        pytest.skip(NO_PROGRAM)
    environment: Mapping[str, str] = {**os.environ, **settings}
    text = ""
    with live_card(card) as (stack, _):
        for tool in tools:
            done = subprocess.run(
                tool, capture_output=True, text=True, timeout=90, check=True, env=environment
            )
            text += done.stdout
        log = folder / "pcscd.log"
        log.write_text(stack.text(), "utf-8")
    return text, cardlib.read(log)


def explained(capture: cardlib.Capture) -> float:
    total, known, *_ = table(capture)
    return known / total


@pcsc
def test_opensc_signs_with_a_piv_card(tmp_path: Path) -> None:
    digest, signature = tmp_path / "digest", tmp_path / "signature"
    digest.write_bytes(bytes(range(32)))
    sign = ("pkcs15-crypt", "--sign", "--key", "01", "--pin", "284517", "--pkcs1", "--sha-256")
    text, capture = printed(
        piv.PivCard(),
        tmp_path,
        ("opensc-tool", "--name"),
        ("piv-tool", "--name"),
        ("pkcs15-tool", "--dump"),
        ("pkcs15-tool", "--read-certificate", "01"),
        (*sign, "--input", str(digest), "--output", str(signature)),
    )
    assert "Personal Identity Verification Card" in text and "BEGIN CERTIFICATE" in text
    held = piv.holding().certificates[piv.AUTHENTICATION]
    tail = bytes.fromhex("3031300D060960864801650304020105000420") + digest.read_bytes()
    block = b"\0\1" + b"\xff" * (253 - len(tail)) + b"\0" + tail
    key = loaded_certificate(held).public_key()
    assert is_signed_block(key, block, signature.read_bytes())
    failed = {f.rule for f in cardlib.check(capture) if f.verdict == "fail"}
    assert "V01" in failed and "V10" not in failed and explained(capture) >= LEAST


@pcsc
def test_gnupg_and_opensc_read_an_openpgp_card(tmp_path: Path) -> None:
    (tmp_path / "scdaemon.conf").write_text("disable-ccid\n", "utf-8")
    text, capture = printed(
        OpenPgpCard(),
        tmp_path,
        ("gpg", "--batch", "--card-status"),
        ("gpgconf", "--kill", "all"),
        ("openpgp-tool", "--card-info", "--user-info"),
        ("pkcs15-tool", "--dump"),
        ("pkcs15-tool", "--read-certificate", "3"),
        GNUPGHOME=str(tmp_path),
    )
    assert "Name of cardholder: Jane Doe" in text and "nistp256 nistp256 nistp256" in text
    assert "Name:            Doe Jane" in text and explained(capture) >= LEAST
    assert "PKCS#15 Card [OpenPGP card]" in text and "[AUT certificate]" in text
    assert "BEGIN CERTIFICATE" in text and "Private use 3 not read" in str(cardlib.acts(capture))


@pcsc
def test_opensc_lists_a_pkcs15_token(tmp_path: Path) -> None:
    settings = tmp_path / "opensc.conf"
    settings.write_text("app default { enable_default_driver = true; }\n", "utf-8")
    dump = ("pkcs15-tool", "--dump")
    text, capture = printed(Pkcs15Card(), tmp_path, dump, OPENSC_CONF=str(settings))
    assert "PKCS#15 Card [Token of Jane Doe]" in text and "Reference      : 129 (0x81)" in text
    shown = str(capture)
    assert "PKCS#15 token" in shown and explained(capture) >= LEAST
