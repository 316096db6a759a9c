# SPDX-License-Identifier: MIT
"""Basic access control: the worked example of ICAO Doc 9303-11, appendix D, with its twins that must fail."""

from __future__ import annotations

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.crypto.bac import (
    access_keys,
    authentication,
    check_digit,
    closed_authentication,
    mrz_information,
    opened_authentication,
)

ZONE = b"L898902C<369080619406236"
SENT = bytes.fromhex(
    "72C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F25F1448EEA8AD90A7"
)
ANSWERED = bytes.fromhex(
    "46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F2F2D235D074D7449"
)


def test_the_zone_and_its_check_digits() -> None:
    assert mrz_information("L898902C", "690806", "940623") == ZONE
    # Doc 9303-4, appendix A; Doc 9303-11, appendix D.2
    assert [check_digit(text) for text in ("L898902C3", "740812", "120415", "D23145890734")] == [
        "6",
        "2",
        "9",
        "9",
    ]


@pytest.mark.parametrize(
    ("number", "birth", "expiry"),
    [("L8 98", "690806", "940623"), ("L898902C", "69080", "940623"), ("Ä", "690806", "940623")],
)
def test_what_is_no_zone_is_refused(number: str, birth: str, expiry: str) -> None:
    with pytest.raises(NotVerifiable):
        mrz_information(number, birth, expiry)


def test_the_keys_of_the_zone() -> None:
    enc, mac = access_keys(ZONE)
    assert enc.hex().upper() == "AB94FDECF2674FDFB9B391F85D7F76F2"
    assert mac.hex().upper() == "7962D9ECE03D1ACD4C76089DCE131543"


def test_both_messages_open_and_give_the_session() -> None:
    sent = opened_authentication(ZONE, SENT)
    answered = opened_authentication(ZONE, ANSWERED)
    assert sent.hex().upper() == (
        "781723860C06C2264608F919887022120B795240CB7049B01C19B33E32804F0B"
    )
    assert closed_authentication(ZONE, sent) == SENT
    assert closed_authentication(ZONE, answered) == ANSWERED
    session = authentication(sent, answered).session()
    assert session.enc.hex().upper() == "979EC13B1CBFE9DCD01AB0FED307EAE5"
    assert session.mac.hex().upper() == "F1CB1F1FB5ADF208806B89DC579DC1F8"
    assert session.counter == 0x887022120C06C226


def test_another_zone_or_a_changed_byte_does_not_open() -> None:
    other = mrz_information("L898902D", "690806", "940623")
    for zone, data in ((other, SENT), (ZONE, SENT[:-1] + b"\0"), (ZONE, b"\0" + SENT[1:])):
        with pytest.raises(NotVerifiable, match="MAC does not verify with the key given"):
            opened_authentication(zone, data)
    with pytest.raises(NotVerifiable, match="40 bytes"):
        opened_authentication(ZONE, SENT[:-1])


def test_an_answer_to_another_command_is_refused() -> None:
    sent = opened_authentication(ZONE, SENT)
    answered = opened_authentication(ZONE, ANSWERED)
    with pytest.raises(NotVerifiable, match="random numbers"):
        authentication(sent, bytes(8) + answered[8:])
