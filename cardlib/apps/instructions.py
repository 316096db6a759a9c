# SPDX-License-Identifier: MIT
"""Numbers of interindustry instructions, and what a status word says about success (ISO/IEC 7816-4, 5)."""

from __future__ import annotations

from ..core.model import Response

VERIFY, CHANGE_PIN = 0x20, 0x24
MANAGE_CHANNEL = 0x70
EXTERNAL_AUTHENTICATE, GET_CHALLENGE, GENERAL_AUTHENTICATE, INTERNAL_AUTHENTICATE = (
    0x82,
    0x84,
    0x87,
    0x88,
)
MANAGE_SECURITY, AGREE = 0x22, 0x86  # GENERAL AUTHENTICATE with the even number, as PACE uses it
CHALLENGES = (
    EXTERNAL_AUTHENTICATE,
    GET_CHALLENGE,
    AGREE,
    GENERAL_AUTHENTICATE,
    INTERNAL_AUTHENTICATE,
)
SEARCH_RECORD = 0xA2
SELECT = 0xA4
READ_BINARY, UPDATE_BINARY, READ_RECORD, UPDATE_RECORD = 0xB0, 0xD6, 0xB2, 0xDC
GET_RESPONSE = 0xC0
GET_DATA, GET_DATA_ODD, PUT_DATA, PUT_DATA_ODD = 0xCA, 0xCB, 0xDA, 0xDB
LOAD_KEYS = 0x82  # in class FF the data field is a key (PC/SC part 3, 3.2.2.1.4)
READER = 0xFF
SIM = 0xA0  # the class of a SIM (TS 51.011, 9.2)
# SELECT, SEEK, RUN GSM ALGORITHM, INCREASE, ENVELOPE: what a SIM may answer with 9FXX
# (TS 51.011, 9.4.7, and 11.14, 9.2).
FETCHED_FROM_A_SIM = (SELECT, SEARCH_RECORD, INTERNAL_AUTHENTICATE, 0x32, 0xC2)
SECRET = {
    **dict.fromkeys((VERIFY, 0x21, 0x26, 0x28), "verification data"),
    **dict.fromkeys((CHANGE_PIN, 0x25), "old and new verification data"),
    **dict.fromkeys((0x2C, 0x2D), "unblocking data and new verification data"),
}
_DONE = (0x90, 0x91, 0x61, 0x62, 0x63, 0x9F)


def accepted(response: Response) -> bool:
    """Whether the card did what it was asked: 9000, a warning, or more data or a proactive command waiting."""
    if response.protocol != "apdu":
        return not response.status
    return response.sw is not None and response.sw >> 8 in _DONE
