# SPDX-License-Identifier: MIT
"""What the rows of a file of keys may hold, by the use of the key; malformed rows first."""

from __future__ import annotations

from typing import Any

import pytest

from cardlib.core.errors import DictionaryError, NotVerifiable
from cardlib.crypto.key_rows import channel_of, compact, hex_of, operator_of, value_of

ENC = "979EC13B1CBFE9DCD01AB0FED307EAE5"
MAC = "F1CB1F1FB5ADF208806B89DC579DC1F8"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"use": "mk-ac", "value": ENC, "mac": MAC}, "'mac' has no place in a key of this use"),
        ({"use": "mk-ac", "value": 5}, "everything but expires is text in quotation marks"),
        ({"use": "mk-ac", "value": ENC, "rid": "A0"}, "rid is hex of 5 bytes"),
        ({"use": "mk-ac", "value": ENC, "pan": "41X1"}, "iin and pan are digits"),
        ({"use": "scp", "value": ENC, "derive": "own"}, "derive is one of "),
        ({"use": "scp", "value": ENC, "index": "0130"}, "index is the key version, one byte"),
        ({"use": "scp", "value": ENC, "kcv": "000000"}, "kcv is not that of this value"),
        ({"use": "mrz", "number": "L898902C<", "birth": "690806"}, "has its number, birth and"),
        ({"use": "ephemeral", "value": "00"}, "a private key has 16 to 256 bytes"),
        ({"use": "csca", "value": ""}, "a certificate has up to 16384 bytes"),
        ({"use": "bsp", "value": ENC}, "value has 48 bytes, this one 16"),
        ({"use": "ota-kic", "value": "00"}, "value has 8 or 16 or 24 or 32 bytes, this one 1"),
    ],
)
def test_a_wrong_row(row: dict[str, Any], reason: str) -> None:
    with pytest.raises((DictionaryError, NotVerifiable)) as error:
        value_of(row)
    assert reason in error.value.reason


def test_session_keys_need_their_cipher() -> None:
    row = {"use": "session-keys", "cipher": "DES", "enc": ENC, "mac": MAC}
    with pytest.raises(DictionaryError, match="cipher is 3DES or AES"):
        channel_of(row)
    channel = channel_of({**row, "cipher": "3DES"})
    assert channel is not None
    assert channel.cipher == "3DES"
    assert channel_of({"use": "mk-ac", "value": ENC}) is None


def test_values() -> None:
    assert value_of({"use": "mk-ac", "value": ENC}) == bytes.fromhex(ENC)
    zone = {"use": "mrz", "number": "L898902C<", "birth": "690806", "expiry": "940623"}
    assert value_of(zone) == b"L898902C<369080619406236"  # ICAO Doc 9303-11, appendix D.2


def test_parts_of_a_row() -> None:
    assert compact({"pan": " 4111 11 "}, "pan") == "411111"
    assert hex_of({"index": "9F 01"}, "index") == b"\x9f\x01"
    assert operator_of({"topc": "0011"}) == b"\x00\x11"
    assert operator_of({"value": "0011"}) == b""
