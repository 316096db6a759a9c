# SPDX-License-Identifier: MIT
"""Logs of programs that talk to cards, each a table of rules. docs/formats.md tells how to obtain them."""

from __future__ import annotations

import re

from ..model import FrameKind, Sender
from .ccid import kind_of
from .rules import TextFormat, rule

_DATE = r"(?:\d{4}-\d\d-\d\d )?\d{1,2}:\d{1,2}:\d{1,2}(?:[.,]\d{1,30})?"
_TOOK = r"\((?:(?P<plus_s>\d{1,9})s)?(?:(?P<plus_ms>\d{1,9})ms)?\)"


def _ccid(sender: Sender, _: bytes, data: bytes) -> tuple[Sender, FrameKind, bytes] | str:
    """What a message between daemon and reader holds; a block of T=1 is one itself."""
    if data[:1] < b"\x60":
        return sender, "block", data
    if len(data) < 10 or int.from_bytes(data[1:5], "little") != len(data) - 10:
        raise ValueError("the length in this CCID message does not fit")
    body = data[10:]
    if data[0] not in (0x6F, 0x80) or not body or (sender == "card" and body[0] in (0x3B, 0x3F)):
        return f"CCID {data[0]:02X}"  # the daemon writes the ATR in a line of its own
    return sender, kind_of(body), body


PCSCD = TextFormat(
    "pcscd log",
    "host",
    True,
    re.compile(
        r"(?:^\s{0,8}\d{8} | pcscd\[\d{1,10}\]: (?:\d{8} )?)(?:\[\w{1,20}\] )?(?:\S{1,60}\(\) )?"
        r"(?:APDU|SW|sending|received|->|<-)"
    ),
    (
        rule("reader", "apdu", r"APDU: ?(.*)", level=1),
        rule("card", "apdu", r"SW: ?(.*)", level=1),
        rule("card", "atr", r"Card ATR: (.*)"),
        rule("reader", "block", r"sending: (.*)", level=2),
        rule("card", "block", r"received: (.*)", level=2),
        rule("reader", "block", r"-> [0-9A-F]{6} (.*)", level=3),
        rule("card", "block", r"<- [0-9A-F]{6} (.*)", level=3),
        rule("none", "skip", r"(?:->|<-|sending:|received:).*"),
        rule("none", "time", r"\S{1,60}:\d{1,6}:IFDH\w{1,60}\(\) .{0,300}\((?P<lane>lun: \w{1,8})\).*"),
    ),
    re.compile(
        r"(?:[^\[\]]{1,120} pcscd\[\d{1,10}\]: )?(?:(?P<plus_us>\d{8}) )?(?:\[(?P<who>\w{1,20})\] )?"
        r"(?:\S{1,60}:\d{1,6}:(?!IFDHTransmitToICC|IFDHPowerICC)\w{1,60}\(\) )?"
    ),
    marks=re.compile(r"\|"),
    saturated="99999999",
    unwrap=lambda: _ccid,
)

OPENSC = TextFormat(
    "OpenSC debug log",
    "host",
    True,
    re.compile(r"^(?:Outgoing|Incoming) APDU"),
    (
        rule("reader", "apdu", r"Outgoing APDU(?: data)? [(\[] *(?P<size>\d{1,6}) bytes?[)\]].*", rows=True),
        rule("card", "apdu", r"Incoming APDU(?: data)? [(\[] *(?P<size>\d{1,6}) bytes?[)\]].*", rows=True),
        rule("none", "bad", r"(?:Outgoing|Incoming) APDU.*"),
        rule("none", "skip", r"Sending: .*"),
        rule("none", "skip", r"Received \(SW1=0x..,.{0,20}", rows=True),
        rule("card", "status", r"ATR {5}: ([0-9a-f:]{4,200})"),
        rule("none", "skip", r"(?!.{0,80}APDU).{1,80}[(\[] *(?P<size>\d{1,6}) bytes?[)\]].*", rows=True),
    ),
    re.compile(
        rf"(?:(?P<who>(?:(?P<lane>P:\d{{1,10}}); )?(?:T:)?(?:0x)?[0-9a-f]{{1,20}}) )?(?P<at_clock>{_DATE})(?: |$)"
        r"(?:\[[^\]]{0,60}\] \S{1,80}:\d{1,6}:\w{1,80}: ?)?"
    ),
    sticky=True,
)

OPENSC_TOOL = TextFormat(
    "opensc-tool output",
    "none",
    True,
    re.compile(r"^Received \(SW1=0x"),
    (
        rule("reader", "apdu", r"Sending: *(.*)"),
        rule("card", "apdu", r"Received \(SW1=0x(?P<sw1>..), SW2=0x(?P<sw2>..)\)"),
        rule("card", "apdu", r"Received \(SW1=0x(?P<sw1>..), SW2=0x(?P<sw2>..)\):", rows=True),
        rule("none", "bad", r"(?:Sending|Received).*"),
    ),
)

GP = TextFormat(
    "GlobalPlatformPro",
    "round-trip",
    False,
    re.compile(r"A>> T=|A<< \(\d|^<< \(\d{1,6}ms\)"),
    (
        rule("card", "atr", r'SCardConnect\("(?P<reader>[^"]{0,200})", [^)]{0,40}\) -> T=\w{1,3}, (\w*)'),
        rule(
            "reader",
            "apdu",
            r"A>> T=\w{1,3} \(4\+(?P<size>\d{4})\) (\w{8})(?: (\w{2}|\w{6}))?(?: (?P<data>\w{2,}))?(?: (\w{2,6}))?",
        ),
        rule(
            "card",
            "apdu",
            r"A<< \((?P<size>\d{4})\+2\) " + _TOOK + r" (?P<data>\w*) ?\b(\w{4})",
        ),
        rule("none", "bad", r"A(?:>>|<<).*"),
        rule("reader", "apdu", r">> ([0-9A-Fa-f ]*)"),
        rule("card", "apdu", r"<< " + _TOOK + r" ([0-9A-Fa-f ]*)"),
    ),
    re.compile(r"# "),
)

PYSCARD = TextFormat(
    "pyscard observer",
    "none",
    True,
    re.compile(r"^(?:connecting to |< {1,2}\[\] )"),
    (
        rule("none", "event", r"(?P<note>connecting to (?P<reader>.{0,200}))"),
        rule("none", "event", r"(?P<note>(?:reconnecting to|disconnecting from|release from) ?.{0,200})"),
        rule("reader", "apdu", r"> ([0-9A-Fa-f ]*)"),
        rule(
            "card",
            "apdu",
            r"<\s{0,4}(?:\[\] |(?=[0-9A-F ]*[69][0-9A-F] {1,4}[0-9A-F]{1,2}$)((?:[0-9A-F]{2} )*)) {0,4}"
            r"(?P<sw1>[0-9A-F]{1,2}) {1,4}(?P<sw2>[0-9A-F]{1,2})",
        ),
        rule("card", "apdu", r"< ((?:[0-9A-Fa-f]{2}| )*)"),
        rule("none", "bad", r"[<>].*"),
    ),
)

SCRIPTOR = TextFormat(
    "scriptor output",
    "none",
    True,
    re.compile(r"^Using T=[01] protocol$|^< .* : [A-Z]"),
    (
        rule("none", "skip", r"> RESET"),
        rule("card", "atr", r"< OK: (.*)"),
        rule("reader", "apdu", r"> ([0-9A-Fa-f ]*)"),
        rule("card", "apdu", r"< ([0-9A-Fa-f ]*?)(?: ?: .*)?", rows=True),
        rule("none", "bad", r"[<>].*"),
    ),
    columns=False,
    row=re.compile(r"([0-9A-Fa-f ]*?)(?: ?: .*)?"),
)

SCDAEMON = TextFormat(
    "scdaemon log",
    "host",
    True,
    re.compile(r"scdaemon\[\d{1,10}\].{0,200}PCSC_data: "),
    (
        rule("card", "atr", r"slot \d{1,4}: ATR=(.*)"),
        rule("reader", "apdu", r"DBG: +PCSC_data: *(.*)"),
        rule("card", "apdu", r"DBG: +response: sw=(\w{4}) +datalen=0"),
        rule("card", "apdu", r"DBG: +dump: *(.*)"),
        rule("none", "skip", r"DBG: (?:send apdu:| +response: sw=\w{4} +datalen=\d).*"),
        rule("none", "bad", r"DBG: +(?:response|dump|PCSC_data).*"),
    ),
    re.compile(rf"(?P<at_clock>{_DATE}) scdaemon\[(?P<who>\d{{1,10}})\] "),
)

PCSC_SPY = TextFormat(
    "pcsc-spy output",
    "round-trip",
    True,
    re.compile(r"[io] b(?:Send|Recv)Buffer$"),
    (
        rule("reader", "call", r"SCardTransmit"),
        rule("none", "call", r"SCard?(?:Control|GetAttrib|SetAttrib|GetStatusChange)"),
        rule("none", "skip", r"i szReader (?P<reader>.{1,200})"),
        rule("none", "size", r"[io] b(?:Send|Recv)Length 0x\w{1,16} \((?P<size>\d{1,9})\)"),
        rule("reader", "apdu", r"i bSendBuffer", rows=True),
        rule("card", "apdu", r"o bRecvBuffer", rows=True),
        rule("card", "status", r"o bAtr ([0-9A-F ]*)"),
        rule("reader", "call", r"=> .*\[(?:(?P<plus_s>\d{1,9}\.\d{1,9})|[?.]{1,9})\]"),
    ),
    re.compile(r"(?P<who>(?: {4}){0,250})(?: \(t\d{1,4}\) )? ?"),
    row=re.compile(r"(?:\(t\d{1,4}\)  )?[io]  [0-9A-F]{4} (.*)"),
    late=True,
    indented=True,
)

PCSC_SPY_RAW = TextFormat(
    "pcsc-spy raw log",
    "host",
    True,
    re.compile(r"^[0-9A-F]{1,16}@[<>]\|\d{1,12}\|"),
    (
        rule("card", "call", r">\|(?P<at_s>\d{1,12})\|(?P<at_us>\d{1,6})\|SCard(?:Status|Reconnect)"),
        rule("reader", "call", r"<\|(?P<at_s>\d{1,12})\|(?P<at_us>\d{1,6})\|.*"),
        rule(
            "none",
            "call",
            r">\|(?P<at_s>\d{1,12})\|(?P<at_us>\d{1,6})\|SCard(?:Control|[GS]etAttrib|GetStatus|ListReaders).*",
        ),
        rule("none", "call", r">\|(?P<at_s>\d{1,12})\|(?P<at_us>\d{1,6})\|SCardConnect(?P<reader>)"),
        rule("reader", "call", r">\|(?P<at_s>\d{1,12})\|(?P<at_us>\d{1,6})\|.*"),
        rule("none", "size", r"0x(?P<xsize>[0-9A-Fa-f]{8})"),
        rule("both", "apdu", r"((?:[0-9A-F]{2} )*[0-9A-F]{2})", rows=True),
    ),
    re.compile(r"(?P<who>[0-9A-F]{1,16})@"),
    columns=False,
    sticky=True,
    late=True,
)

YUBIKEY = TextFormat(
    "YubiKey traffic log",
    "host",
    True,
    re.compile(r" (?:SEND: [0-9a-fA-F]{8}|RECV: [0-9a-fA-F]* ?SW=[0-9a-fA-F]{4}$)"),
    (
        rule("none", "skip", r"\[[^\]]{0,60}hid[^\]]{0,60}\] .*"),
        rule("reader", "apdu", r"(?:\[[^\]]{0,120}\] )?SEND: *(.*)"),
        rule("card", "apdu", r"(?:\[[^\]]{0,120}\] )?RECV: (\w*) ?SW=(\w{4})"),
        rule("none", "bad", r"(?:\[[^\]]{0,120}\] )?(?:SEND|RECV):.*"),
    ),
    re.compile(rf"\w{{1,10}} (?P<at_clock>{_DATE}) "),
)

JCSHELL = TextFormat(
    "JCShell",
    "round-trip",
    False,
    re.compile(r"^\(\d{1,9} usec\)"),
    (
        rule("card", "atr", r"ATR[=:] {0,4}([0-9A-Fa-f ]*)"),
        rule("reader", "apdu", r"=> (.*)", rows=True),
        rule("card", "apdu", r"<= (.*)", rows=True),
        rule("none", "time", r"\((?P<plus_us>\d{1,9}) usec\)"),
        rule("none", "skip", r"\w{0,8}> .*|/.*"),
    ),
)

GPSHELL = TextFormat(
    "GPShell",
    "none",
    False,
    re.compile(r"^\s{0,8}Wrapped command --> "),
    (
        rule("reader", "apdu", r"Wrapped command --> *(.*)"),
        rule("card", "apdu", r"Response <-- *(.*)"),
        rule("none", "skip", r"(?:Command -->|Unwrapped response <--) .*|[a-z]\w{2,30}(?: -.*)?"),
    ),
)

LPAC = TextFormat(
    "lpac",
    "none",
    False,
    re.compile(r"\[APDU\] \[[TR]X\]|\"type\": ?\"apdu\""),
    (
        rule(
            "reader",
            "apdu",
            r"\[TX\] CLA: (\w\w), INS: (\w\w), P1: (\w\w), P2: (\w\w), Lc: (\w\w)(?:, Data:([0-9A-Fa-f ]*))?",
        ),
        rule("card", "apdu", r"\[RX\] SW1: (?P<sw1>\w\w), SW2: (?P<sw2>\w\w)(?:, Data:([0-9A-Fa-f ]*))?"),
        rule("reader", "apdu", r'\{"type": ?"apdu", ?"payload": ?\{"func": ?"transmit", ?"param": ?"(\w*)"\}\}'),
        rule("card", "apdu", r'\{"type": ?"apdu", ?"payload": ?\{"ecode": ?0, ?"data": ?"(\w*)"\}\}'),
        rule("none", "bad", r"\[[TR]X\].*"),
        rule("none", "skip", r'\{"type": ?"\w{1,20}", ?"payload": .*(?:"func": ?"[^t]|"data": ?null|"code").*'),
    ),
    re.compile(r"\[DEBUG\] \[APDU\] "),
)

MODEM = TextFormat(
    "AT commands",
    "none",
    False,
    re.compile(r"AT\+C(?:SIM|GLA)=|\+CLOGBUFFSIMAPDUTD"),
    (
        rule("reader", "apdu", r'AT\+C(?:SIM=|GLA=\d{1,3}, ?)(?P<digits>\d{1,6}), ?"?(\w*)"?'),
        rule("card", "apdu", r'\+C(?:SIM|GLA): ?(?P<digits>\d{1,6}), ?"?(\w*)"?'),
        rule("reader", "apdu", r"\+CLOGBUFFSIMAPDUTD: .{0,80}TX Data APDU: *(.*)"),
        rule("card", "apdu", r"\+CLOGBUFFSIMAPDURD: .{0,80}RX Data APDU: *(.*)"),
        rule("none", "bad", r"AT\+C(?:SIM|GLA)=\d.*|\+C(?:SIM|GLA):.*"),
        rule("none", "event", r"(?P<note>(?:AT)?\+(?:CCHO|CCHC|CME ERROR).{0,200})"),
    ),
    re.compile(r".{0,80}?(?=AT\+C|\+C[A-Z])"),
)

CARDPEEK = TextFormat(
    "cardpeek replay",
    "none",
    False,
    re.compile(r"^# cardpeek trace file"),
    (
        rule("card", "atr", r"R:(.*)"),
        rule("reader", "apdu", r"C:(\w*):(?P<sw1>\w\w)(?P<sw2>\w\w):(?P<answer>\w*)"),
        rule("none", "skip", r"#.*"),
        rule("none", "bad", r".+"),
    ),
)

FLIPPER = TextFormat(
    "Flipper APDU response",
    "none",
    False,
    re.compile(r"^Filetype: APDU Script Response"),
    (rule("reader", "apdu", r"In: *(.*)"), rule("card", "apdu", r"Out: *(.*)")),
)

LOGS: tuple[TextFormat, ...] = (
    PCSCD,
    OPENSC,
    OPENSC_TOOL,
    GP,
    PYSCARD,
    SCRIPTOR,
    SCDAEMON,
    PCSC_SPY,
    PCSC_SPY_RAW,
    YUBIKEY,
)
LOGS += (JCSHELL, GPSHELL, LPAC, MODEM, CARDPEEK, FLIPPER)
