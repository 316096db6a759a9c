# SPDX-License-Identifier: MIT
"""Logs of programs for security keys, each a table of rules. See docs/formats.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..core.model import Frame, Problem, Session
from .lines import Item
from .logs_pcsc import DATE_AND_TIME
from .rules import rule
from .textformat import TextFormat

_ISO_STAMP = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,6})?"
_ZONE = r"(?:Z|[+-]\d\d:?\d\d)?"
_SOURCE = r"(?:\[[^\]]{0,120}\] )?"

YUBIKEY_TRAFFIC = TextFormat(
    NAME="YubiKey traffic log",
    CLOCK="host",
    PROVEN=True,
    sign=re.compile(
        r" (?:SEND: [0-9a-fA-F]{8}|RECV: [0-9a-fA-F]* ?SW=[0-9a-fA-F]{4}$)"
        r"|(?:^| )RECV: \d{1,6} \([0-9a-fA-F]*\) SW=[0-9a-fA-F]{4}$"
    ),
    prefix=re.compile(
        rf"\w{{1,10}} (?P<at_clock>{DATE_AND_TIME}) "
        # ykman 4 writes the date, and only seconds.
        rf"|(?P<at_date>{_ISO_STAMP}){_ZONE} \w{{1,10}} "
    ),
    rules=(
        rule("none", "skip", r"\[[^\]]{0,60}hid[^\]]{0,60}\] .*"),  # USB HID: no card behind it
        rule("reader", "apdu", rf"{_SOURCE}SEND: *(.*)"),
        rule(
            "card",
            "apdu",
            rf"{_SOURCE}RECV: (?P<size>\d{{1,6}}) \((?P<data>\w*)\) SW=(?P<sw1>\w\w)(?P<sw2>\w\w)",
        ),
        rule("card", "apdu", rf"{_SOURCE}RECV: (\w*) ?SW=(\w{{4}})"),
        rule("none", "bad", rf"{_SOURCE}(?:SEND|RECV):.*"),
    ),
)

_LENGTH = r"buf=0x[0-9a-f]{1,16}, len=(?P<size>\d{1,6})"

LIBFIDO2 = TextFormat(
    NAME="libfido2 debug",
    CLOCK="none",
    PROVEN=False,
    sign=re.compile(r"^fido_(?:pcsc|nfc)_(?:read|write): "),
    row=re.compile(r"\d{4,6}: ([0-9a-f ]*)"),  # a decimal offset
    columns=False,
    rules=(
        rule("reader", "apdu", rf"fido_(?:pcsc|nfc)_write: writing: {_LENGTH}", rows=True),
        # The answer is printed where it came, and again where it is read: the first counts.
        rule("card", "apdu", rf"fido_pcsc_write: read: {_LENGTH}", rows=True, level=1),
        rule("card", "apdu", rf"fido_(?:pcsc|nfc)_read: reading: {_LENGTH}", rows=True, level=2),
        rule("none", "skip", rf"\w{{1,60}}: (?:[\w ]{{1,30}}: )?{_LENGTH}", rows=True),
        rule("none", "bad", r"fido_(?:pcsc|nfc)_(?:read|write): (?:writing|reading|read):.*"),
    ),
)

HWSECURITY = TextFormat(
    NAME="hwsecurity log",
    CLOCK="host",
    PROVEN=False,
    sign=re.compile(r"(?:^|[ :])NFC (?:out|  ?in): ?[0-9a-fA-F]{4}"),
    prefix=re.compile(
        rf"(?:(?:\d\d-\d\d )?(?P<at_clock>{DATE_AND_TIME}))?.{{0,100}}?(?=NFC (?:out| ?in): )"
    ),
    rules=(
        rule("reader", "apdu", r"NFC out: ([0-9a-fA-F]*)(?: CommandApdu\{.{0,4000}\})?"),
        rule("card", "apdu", r"NFC  ?in: ([0-9a-fA-F]*)(?: ResponseApdu\{.{0,200000}\})?"),
        rule("none", "bad", r"NFC (?:out| ?in): .*|.*ResponseApdu\{.*"),
    ),
)


def _put_together(items: Iterable[Item]) -> Iterator[Item]:
    """The items, data and status word of an answer in one frame; a session names its reader."""
    data: Frame | None = None  # of an answer, of which the status word comes
    index = 0
    for item in items:
        if isinstance(item, Session):
            lane = dict(item.meta).get("lane", "")
            item = replace(item, meta=(*item.meta, ("reader", lane)))
        if data and (not isinstance(item, Problem) or item.gap):
            if not (isinstance(item, Frame) and item.kind == "tpdu"):
                yield replace(data, index=index)
                index += 1
                data = None
        if isinstance(item, Frame) and item.sender == "card" and item.kind == "apdu":
            data = item
            continue
        if isinstance(item, Frame):
            item = replace(_answer(data, item), index=index)
            index += 1
            data = None
        yield item
    if data:
        yield replace(data, index=index)


def _answer(data: Frame | None, frame: Frame) -> Frame:
    """A frame as it counts: a status word stands behind the data before it."""
    if frame.kind != "tpdu":
        return frame
    if data is None:
        return replace(frame, kind="apdu")
    return replace(data, data=data.data + frame.data, stop=frame.stop)


WEBAUTHN = TextFormat(
    NAME="Windows WebAuthn events",
    CLOCK="none",
    PROVEN=False,
    sign=re.compile(r"^\s{0,8}(?:Apdu Status: 0x|Ctap Nfc SCardTransmit)"),
    row=re.compile(r"0x([0-9A-Fa-f]*)"),
    columns=False,
    rules=(
        rule("reader", "apdu", r"Request: (?P<size>\d{1,6}) bytes?", rows=True),
        rule("card", "apdu", r"Response data: (?P<size>[1-9]\d{0,5}) bytes?", rows=True),
        rule("none", "skip", r"Response data: 0 bytes?"),
        rule("card", "tpdu", r"Apdu Status: 0x([0-9A-Fa-f]{4})"),
        rule("none", "time", r"Reader: (?P<lane>\S.{0,200})"),
        rule("none", "bad", r"(?:Request|Response data|Apdu Status): .*"),
    ),
    finish=_put_together,
)

FIDO = (YUBIKEY_TRAFFIC, LIBFIDO2, HWSECURITY, WEBAUTHN)
