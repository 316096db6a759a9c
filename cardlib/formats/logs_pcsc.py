# SPDX-License-Identifier: MIT
"""Logs of PC/SC and of the programs next to it, each a table of rules. See docs/formats.md."""

from __future__ import annotations

import re

from ..core.model import FrameKind, Sender
from .ccid import kind_of, message_body
from .rules import Unwrap, rule
from .textformat import TextFormat

DATE_AND_TIME = r"(?:\d{4}-\d\d-\d\d )?\d{1,2}:\d{1,2}:\d{1,2}(?:[.,]\d{1,30})?"

_PC_TO_RDR_XFR_BLOCK = 0x6F
_RDR_TO_PC_DATA_BLOCK = 0x80


def _open_ccid(sender: Sender, _: bytes, data: bytes) -> tuple[Sender, FrameKind, bytes] | str:
    """What a message between the daemon and a reader holds; a bare T=1 block is one itself."""
    if data[:1] < b"\x60":  # CCID 1.1, 6.1: messages to the reader begin at 61, from it at 80
        return sender, "block", data
    body = message_body(data)
    message_type = data[0]
    carries_card_data = message_type in (_PC_TO_RDR_XFR_BLOCK, _RDR_TO_PC_DATA_BLOCK)
    # The daemon writes the ATR in a line of its own.
    is_atr = sender == "card" and body[:1] in (b"\x3b", b"\x3f")
    if not carries_card_data or not body or is_atr:
        return f"CCID {message_type:02X}"
    return sender, kind_of(body), body


def _ccid_opener() -> Unwrap:
    return _open_ccid


PCSCD = TextFormat(
    NAME="pcscd log",
    CLOCK="host",
    PROVEN=True,
    sign=re.compile(
        r"(?:^\s{0,8}\d{8} | pcscd\[\d{1,10}\]: (?:\d{8} )?)(?:\[\w{1,20}\] )?(?:\S{1,60}\(\) )?"
        r"(?:APDU|SW|sending|received|->|<-)"
    ),
    prefix=re.compile(
        r"(?:[^\[\]]{1,120} pcscd\[\d{1,10}\]: )?"
        r"(?:(?P<plus_us>\d{8}) )?(?:\[(?P<who>\w{1,20})\] )?"
        r"(?:\S{1,60}:\d{1,6}:(?!IFDHTransmitToICC|IFDHPowerICC)\w{1,60}\(\) )?"
    ),
    marks=re.compile(r"\|"),
    saturated="99999999",
    unwrap=_ccid_opener,
    rules=(
        rule("reader", "apdu", r"APDU: ?(.*)", level=1),
        rule("card", "apdu", r"SW: ?(.*)", level=1),
        rule("card", "atr", r"Card ATR: (.*)"),
        rule("reader", "block", r"sending: (.*)", level=2),
        rule("card", "block", r"received: (.*)", level=2),
        rule("reader", "block", r"-> [0-9A-F]{6} (.*)", level=3),
        rule("card", "block", r"<- [0-9A-F]{6} (.*)", level=3),
        rule("none", "skip", r"(?:->|<-|sending:|received:).*"),
        rule(
            "none",
            "time",
            r"\S{1,60}:\d{1,6}:IFDH\w{1,60}\(\) .{0,300}\((?P<lane>lun: \w{1,8})\).*",
        ),
    ),
)

OPENSC_DEBUG = TextFormat(
    NAME="OpenSC debug log",
    CLOCK="host",
    PROVEN=True,
    sign=re.compile(r"^\s{0,60}(?:Outgoing|Incoming) APDU"),
    prefix=re.compile(
        r"(?:(?P<who>(?:(?P<lane>P:\d{1,10}); )?(?:T:)?(?:0x)?[0-9a-f]{1,20}) )?"
        rf"(?P<at_clock>{DATE_AND_TIME})(?: |$)"
        r"(?:\[[^\]]{0,60}\] \S{1,80}:\d{1,6}:\w{1,80}: ?)?"
    ),
    sticky=True,
    rules=(
        rule(
            "reader",
            "apdu",
            r"Outgoing APDU(?: data)? [(\[] *(?P<size>\d{1,6}) bytes?[)\]].*",
            rows=True,
        ),
        rule(
            "card",
            "apdu",
            r"Incoming APDU(?: data)? [(\[] *(?P<size>\d{1,6}) bytes?[)\]].*",
            rows=True,
        ),
        rule("none", "bad", r"(?:Outgoing|Incoming) APDU.*"),
        rule("none", "skip", r"Sending: .*"),
        rule("none", "skip", r"Received \(SW1=0x..,.{0,20}", rows=True),
        rule("card", "status", r"ATR {5}: ([0-9a-f:]{4,200})"),
        rule(  # dumps of something else
            "none",
            "skip",
            r"(?!.{0,80}APDU).{1,80}[(\[] *(?P<size>\d{1,6}) bytes?[)\]].*",
            rows=True,
        ),
    ),
)

OPENSC_TOOL = TextFormat(
    NAME="opensc-tool output",
    CLOCK="none",
    PROVEN=True,
    sign=re.compile(r"^Received \(SW1=0x"),
    rules=(
        rule("reader", "apdu", r"Sending: *(.*)"),
        rule("card", "apdu", r"Received \(SW1=0x(?P<sw1>..), SW2=0x(?P<sw2>..)\)"),
        rule("card", "apdu", r"Received \(SW1=0x(?P<sw1>..), SW2=0x(?P<sw2>..)\):", rows=True),
        rule("none", "bad", r"(?:Sending|Received).*"),
    ),
)

PYSCARD_OBSERVER = TextFormat(
    NAME="pyscard observer",
    CLOCK="none",
    PROVEN=True,
    sign=re.compile(r"^(?:connecting to |< {1,2}\[\] )"),
    rules=(
        rule("none", "event", r"(?P<note>connecting to (?P<reader>.{0,200}))"),
        rule(
            "none",
            "event",
            r"(?P<note>(?:reconnecting to|disconnecting from|release from) ?.{0,200})",
        ),
        rule("reader", "apdu", r"> ([0-9A-Fa-f ]*)"),
        rule(  # the status word stands apart, without leading zeros
            "card",
            "apdu",
            r"<\s{0,4}"
            r"(?:\[\] |(?=[0-9A-F ]*[69][0-9A-F] {1,4}[0-9A-F]{1,2}$)((?:[0-9A-F]{2} )*)) {0,4}"
            r"(?P<sw1>[0-9A-F]{1,2}) {1,4}(?P<sw2>[0-9A-F]{1,2})",
        ),
        rule("card", "apdu", r"< ((?:[0-9A-Fa-f]{2}| )*)"),
        rule("none", "bad", r"[<>].*"),
    ),
)

SCRIPTOR = TextFormat(
    NAME="scriptor output",
    CLOCK="none",
    PROVEN=True,
    sign=re.compile(r"^Using T=[01] protocol$|^< .* : [A-Z]"),
    row=re.compile(r"([0-9A-Fa-f ]*?)(?: ?: .*)?"),
    columns=False,
    rules=(
        rule("none", "skip", r"> RESET"),
        rule("card", "atr", r"< OK: (.*)"),
        rule("reader", "apdu", r"> ([0-9A-Fa-f ]*)"),
        rule("card", "apdu", r"< ([0-9A-Fa-f ]*?)(?: ?: .*)?", rows=True),
        rule("none", "bad", r"[<>].*"),
    ),
)

_SCDAEMON = r"scdaemon\[(?P<who>\d{1,10})\]:? "

SCDAEMON = TextFormat(
    NAME="scdaemon log",
    CLOCK="host",
    PROVEN=True,
    sign=re.compile(r"scdaemon\[\d{1,10}\]:? (?:DBG: +(?:PCSC_data|raw apdu):|slot \d{1,4}: ATR=)"),
    prefix=re.compile(  # only lines of traffic and ATRs count as stamps
        rf"(?:(?P<at_clock>{DATE_AND_TIME})(?= scdaemon\[\d{{1,10}}\] (?:slot|DBG: +PCSC_data))"
        rf"|{DATE_AND_TIME})?.{{0,100}}?" + _SCDAEMON  # of a journal, or of another program
    ),
    rules=(
        rule("card", "atr", r"slot \d{1,4}: ATR=(.*)"),
        rule("reader", "apdu", r"DBG: +(?:PCSC_data|raw apdu): *(.*)"),
        rule("card", "apdu", r"DBG: +response: sw=(\w{4}) +datalen=0"),
        rule("card", "apdu", r"DBG: +dump: *(.*)"),
        rule("none", "skip", r"DBG: (?:send apdu:| +response: sw=\w{4} +datalen=\d).*"),
        rule("none", "bad", r"DBG: +(?:response|dump|PCSC_data|raw apdu).*"),
    ),
)

PCSC_SPY_OUTPUT = TextFormat(
    NAME="pcsc-spy output",
    CLOCK="round-trip",
    PROVEN=True,
    sign=re.compile(
        r"[io] b(?:Send|Recv)Buffer$|^ {1,1000}(?:\(t\d{1,4}\) {1,2})?o (?: Atr:|bAtr) 3[BF] "
    ),
    prefix=re.compile(r"(?P<who>(?: {4}){0,250})(?: \(t\d{1,4}\) )? ?"),
    row=re.compile(r"(?:\(t\d{1,4}\)  )?[io]  [0-9A-F]{4} (.*)"),
    late=True,
    indented=True,
    rules=(
        rule("reader", "call", r"SCardTransmit"),
        rule("none", "call", r"SCard?(?:Control|GetAttrib|SetAttrib|GetStatusChange)"),
        rule("none", "skip", r"i szReader (?P<reader>.{1,200})"),
        rule("none", "size", r"[io] b(?:Send|Recv)Length 0x\w{1,16} \((?P<size>\d{1,9})\)"),
        rule("reader", "apdu", r"i bSendBuffer", rows=True),
        rule("card", "apdu", r"o bRecvBuffer", rows=True),
        rule("card", "status", r"o bAtr ([0-9A-F ]*)"),
        rule("card", "seen", r"o  Atr: {1,4}([^ ].*)"),  # SCardGetStatusChange
        rule("reader", "call", r"=> .*\[(?:(?P<plus_s>\d{1,9}\.\d{1,9})|[?.]{1,9})\]"),
    ),
)

_SPY_STAMP = r"\|(?P<at_s>\d{1,12})\|(?P<at_us>\d{1,6})\|"

PCSC_SPY_RAW = TextFormat(
    NAME="pcsc-spy raw log",
    CLOCK="host",
    PROVEN=True,
    sign=re.compile(r"^[0-9A-F]{1,16}@[<>]\|\d{1,12}\|"),
    prefix=re.compile(r"(?P<who>[0-9A-F]{1,16})@"),
    columns=False,
    sticky=True,
    late=True,
    rules=(
        rule("card", "call", rf">{_SPY_STAMP}SCard(?:Status|Reconnect)"),
        rule("reader", "call", rf"<{_SPY_STAMP}.*"),
        rule(
            "none",
            "call",
            rf">{_SPY_STAMP}SCard(?:Control|[GS]etAttrib|GetStatus|ListReaders).*",
        ),
        rule("none", "call", rf">{_SPY_STAMP}SCardConnect(?P<reader>)"),
        rule("reader", "call", rf">{_SPY_STAMP}.*"),
        rule("none", "size", r"0x(?P<xsize>[0-9A-Fa-f]{8})"),
        rule("both", "apdu", r"((?:[0-9A-F]{2} )*[0-9A-F]{2})", rows=True),
    ),
)
