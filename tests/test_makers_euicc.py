# SPDX-License-Identifier: MIT
"""The eSIM in software refuses what is wrong in each phase of a download, and both sides prove themselves."""

from __future__ import annotations

import pytest

from cardlib.core.secure import written
from cardlib.crypto import bsp
from traces.makers import ec_keys, smdp
from traces.makers.assistant import Assistant
from traces.makers.euicc import ATR, EID, ONE_TIME, PROFILE, Euicc
from traces.makers.phone import Phone
from traces.makers.rsa_keys import DOWNLOAD_KEYS
from traces.makers.smdp import Server, objects, value


def begun(seed: int = 1) -> tuple[Euicc, Assistant]:
    card = Euicc(seed)
    assert card.power_on() == ATR
    assistant = Assistant(Phone(card.answer))
    assistant.begin()
    return card, assistant


def test_what_it_refuses() -> None:
    card, assistant = begun()
    assert assistant.phone.send("00A40400", b"\xa0\0\0\0\3") == (b"", 0x6A82)
    assert assistant.phone.send("00B0000001") == (b"", 0x6D00)
    assert card.answer(b"\0") == b"\x67\0"
    assert assistant.ask(written("BF31", b"")) == bytes.fromhex("BF3103800101")
    assert assistant.ask(written("BF30", written("80", b"\1"))) == bytes.fromhex("BF3003800101")


def test_a_profile_is_downloaded_once_enabled_once() -> None:
    card, assistant = begun()
    assert assistant.download(Server(1))
    assert objects(card.profile)["5A"] == written("5A", smdp.ICCID)
    which = written("A0", written("4F", PROFILE))
    for code in ("00", "02"):
        assert assistant.ask(written("BF31", which)).hex() == f"bf31038001{code}"
    assistant.finish()
    assert card.result == b""


def changed(data: bytes, at: int) -> bytes:
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]


def initiated(card: Euicc, server: Server) -> bytes:
    """What AuthenticateServer is asked."""
    answer = card._function(written("BF2E", b""))
    challenge = value(objects(value(answer))["80"])
    return server.initiate(challenge)


@pytest.mark.parametrize(
    ("server", "at", "reason"),
    [
        (Server(1), None, "a0"),
        (Server(1, "Stranger CI"), None, "a1"),
        (Server(1), 10, "a1"),  # the transaction, which is signed
        (Server(1), 110, "a1"),  # the signature
    ],
)
def test_a_server_must_prove_itself(server: Server, at: int | None, reason: str) -> None:
    card, assistant = begun()
    asked = initiated(card, server)
    if at is not None:
        asked = changed(asked, at)
    context = written("A0", written("80", b"TEST"))
    answer = assistant.ask(written("BF38", asked + context))
    assert value(answer)[:1].hex() == reason


def test_an_old_challenge_is_not_taken() -> None:
    card, assistant = begun()
    asked = initiated(card, Server(1))
    initiated(card, Server(1))
    answer = assistant.ask(written("BF38", asked + written("A0", written("80", b"TEST"))))
    assert value(answer)[:1] == b"\xa1"


@pytest.mark.parametrize(("piece", "step"), [(1, "01"), (3, "02"), (4, "04"), (6, "05"), (7, "05")])
def test_a_changed_segment_ends_the_download(piece: int, step: str) -> None:
    _, assistant = begun()
    reach, pieces = assistant.ask, []

    def asked(data: bytes) -> bytes:
        if data[:1] in (b"\xbf", b"\xa0", b"\xa1", b"\xa2", b"\xa3", b"\x86", b"\x88"):
            if data[:2] == b"\xbf\x36" or pieces:
                pieces.append(data)
                if len(pieces) == piece + 1:
                    data = changed(data, len(data) - 1)
        return reach(data)

    assistant.ask = asked  # type: ignore[method-assign]
    assert not assistant.download(Server(1))
    result = reach(written("BF2B", b""))
    assert f"a1068001{step}810108" in result.hex()


def test_the_keys_of_the_ring_are_those_of_the_download() -> None:
    secret = ec_keys.secret(smdp.ONE_TIME, ec_keys.point(ONE_TIME))
    keys = bsp.session_keys(secret, smdp.HOST, EID)
    assert (keys.chaining + keys.enc + keys.mac).hex().upper() == DOWNLOAD_KEYS


@pytest.mark.parametrize("tag", [smdp.CIPHERED, smdp.IN_CLEAR, smdp.ELEMENTS])
@pytest.mark.parametrize("size", [0, 1, 15, 16, 111, 300])
def test_the_library_opens_what_the_server_closes(tag: int, size: int) -> None:
    keys = bsp.keys_of(bytes(range(48)))
    for _ in range(2):
        plain = bytes(number % 251 for number in range(size))
        segment, following = smdp.closed(keys, tag, plain)
        opened, keys = bsp.open_segment(keys, segment)
        assert (opened.data, keys) == (plain, following)


def test_signatures_are_the_same_in_every_run_and_bound_to_their_key() -> None:
    message, mine = b"message", ec_keys.certificate("Test holder", "Test CI", 5)
    signature = ec_keys.signature("Test holder", message)
    assert signature == ec_keys.signature("Test holder", message)
    assert mine == ec_keys.certificate("Test holder", "Test CI", 5)
    assert ec_keys.is_signed(mine, signature, message)
    assert not ec_keys.is_signed(mine, changed(signature, 3), message)
    assert not ec_keys.is_signed(mine, signature, message + b"!")
    assert ec_keys.is_issued(mine, "Test CI")
    assert not ec_keys.is_issued(mine, "Stranger CI")
