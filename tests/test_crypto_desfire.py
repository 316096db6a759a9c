# SPDX-License-Identifier: MIT
"""Sessions of MIFARE DESFire on published values: keys from an authentication, MACs, cryptograms, and their twins."""

from __future__ import annotations

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.crypto.blocks import aes_encrypt
from cardlib.crypto.desfire import (
    Ev1,
    Ev2,
    crc32,
    ev1_key,
    ev1_session,
    ev2_session,
)

h = bytes.fromhex
# Authentications of EV1 cards, printed by a reader library (PN532 driver of ElmueSoft): cipher, key, the three values,
# the key of the session; parity bits of DES do not count.
EV1 = [
    (
        "AES",
        "00000000000000000000000000000000",
        "B969FDFE56FD91FC9DE6F6F213B8FD1E",
        "36AAD7DF6E436BA08D18613830A70D5AD43E3D3F4A8D47541EEE623A934E4774",
        "800DB680BC146BD121D6578F2D2E2059",
        "F44B26F5C05DDD7110772281C4D066E8",
    ),
    (
        "DES",
        "00102031405060708090A0B0B0A09080",
        "B295579926155AE3",
        "70F349740C945DAE159BA9FEDBCC461A",
        "B8FD7FE56B241FC4",
        "530E3D90BCD82997F7A201C447332DAF",
    ),
    (
        "DES",
        "00" * 24,
        "BC1C570BC948156187132364E4DCE176",
        "DDDC9A77597F03A40C7FAA362F45A8EADBE46A115D98198CBF36A6E51B39D87C",
        "7244D935ED9A1306CD8C841A7C1DE39A",
        "36C5F8BF316E6D76AC239E8DF925BA303251D4AB653656A2",
    ),
]
# NXP AN12196, 5.6: key of zeros, the three values, both keys of the session
EV2 = (
    "A04C124213C186F22399D33AC2A30215",
    "35C3E05A752E0144BAC0DE51C1F22C56B34408A23D8AEA266CAB947EA8E0118D",
    "3FA64DB5446D1F34CD6EA311167F5E4985B89690C04A05F17FA7AB2F08120663",
)
AES_SESSION = Ev1("AES", h("40E7D271626FFBD49C530E3D304F5B17"))


@pytest.mark.parametrize(("challenge", "sent", "proof"), [("", "", ""), ("00" * 16, "00" * 31, "")])
def test_values_of_a_wrong_size_are_refused(challenge: str, sent: str, proof: str) -> None:
    with pytest.raises(NotVerifiable):
        ev1_session("AES", bytes(16), h(challenge), h(sent), h(proof))
    with pytest.raises(NotVerifiable):
        ev2_session(bytes(16), h(challenge), h(sent), h(proof))


@pytest.mark.parametrize(("cipher", "key", "challenge", "sent", "proof", "session"), EV1)
def test_session_of_ev1(
    cipher: str, key: str, challenge: str, sent: str, proof: str, session: str
) -> None:
    values = (h(challenge), h(sent), h(proof))
    found = ev1_session(cipher, h(key), *values)  # type: ignore[arg-type]
    assert found is not None and found.key == h(session)
    changed = bytes([h(key)[0] ^ 2]) + h(key)[1:]
    assert ev1_session(cipher, changed, *values) is None  # type: ignore[arg-type]
    assert ev1_session(cipher, h(key), values[0], values[1], bytes(len(values[2]))) is None  # type: ignore[arg-type]


def test_single_des_gives_a_key_of_single_des() -> None:
    """The same library: a key of zeros, random numbers 849B36C5F8BF4A09 and 4FD1B759..."""
    reader, card = h("849B36C5F8BF4A09"), h("4ED0B65900000000")
    assert ev1_key("DES", bytes(16), reader, card) == h("849B36C54ED0B659")


def test_macs_of_ev1_move_on_with_each_command() -> None:
    """Three commands of an AES session and the MACs of their answers, of the same library."""
    state = AES_SESSION
    for command, answer, expected in (
        ("CD05001100500000", "", "A75316AD1596B953"),
        ("6F", "05", "2D5FF67FFEC9D2D3"),
        ("F505", "00001100500000", "2AAC7517024E09DC"),
    ):
        _, state = state.mac(h(command))
        mac, state = state.mac(h(answer) + b"\0")
        assert mac == h(expected)
    _, skipped = AES_SESSION.mac(h("6F"))
    assert skipped.mac(h("0500"))[0] != h("2D5FF67FFEC9D2D3")


def test_a_cryptogram_of_ev1_moves_on_too() -> None:
    """CHANGE KEY of the same library: the new key, its version, the check sum over the command, zeros."""
    plain = "00102030405060708090A0B0B0A09080" + "10" + "D2C6E66B" + "00" * 11
    session = Ev1("AES", h("F44B26F5C05DDD7110772281C4D066E8"))
    cryptogram, after = session.encipher(h(plain))
    assert cryptogram == h("E9F85E219496C2B58C1090DC3935FAE9E840CF61B383D9531946256B1F110C10")
    assert session.decipher(cryptogram) == (h(plain), after)
    assert after.iv == cryptogram[-16:]
    assert crc32(h("C400" + plain[:34])) == h("D2C6E66B")


def test_session_of_ev2() -> None:
    challenge, sent, proof = map(h, EV2)
    session = ev2_session(bytes(16), challenge, sent, proof)
    assert session is not None
    assert session.enc == h("1309C877509E5A215007FF0ED19CA564")
    assert session.key == h("4C6626F5E72EA694202139295C7A7FC7")
    assert (session.transaction, session.counter) == (h("9D00C4DF"), 0)
    assert ev2_session(b"\1" * 16, challenge, sent, proof) is None
    answered = aes_encrypt(bytes(16), h("C5DB8A5930439FC3DEF9A4C675360F13"), bytes(16))
    with pytest.raises(NotVerifiable, match="first authentication"):
        ev2_session(bytes(16), challenge, sent, answered)
    again = ev2_session(bytes(16), challenge, sent, answered, session.next)
    assert again is not None and (again.transaction, again.counter) == (h("9D00C4DF"), 1)


def test_a_command_of_ev2() -> None:
    """NXP AN12196, table 18: CHANGE FILE SETTINGS, the second command of the session, and its answer."""
    session = Ev2(
        h("1309C877509E5A215007FF0ED19CA564"),
        h("4C6626F5E72EA694202139295C7A7FC7"),
        h("9D00C4DF"),
        1,
    )
    cryptogram = session.encipher(h("4000E0C1F121200000430000430000"))
    assert cryptogram == h("61B6D97903566E84C3AE5274467E89EA")
    assert session.decipher(cryptogram) == h("4000E0C1F121200000430000430000")
    assert session.mac(0x5F, b"\2" + cryptogram) == h("D799B7C1A0EF7A04")
    assert session.mac(0, b"", answer=True) == h("57BFF87B1241E93D")
    assert session.next.mac(0, b"", answer=True) != h("57BFF87B1241E93D")
    assert session.next.decipher(cryptogram) is None
