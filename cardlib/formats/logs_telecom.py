# SPDX-License-Identifier: MIT
"""Logs of what stands between a SIM and a telephone, each a table of rules. See docs/formats.md."""

from __future__ import annotations

import re
from functools import partial

from .contact import named
from .notices import by_channel, with_events
from .rules import rule
from .textformat import TextFormat

_HEX = r"[0-9A-Fa-f]"

SIMTRACE2_SNIFF = TextFormat(
    NAME="simtrace2-sniff",
    CLOCK="none",
    PROVEN=False,
    sign=re.compile(rf"^(?:TPDU(?: \([a-z, ]{{1,60}}\))?|ATR APDU): {_HEX}{{2}} {_HEX}{{2}} "),
    rules=(
        rule("both", "tpdu", r"(?:TPDU|APDU): ([0-9A-Fa-f ]*)"),  # APDU: the first SIMtrace
        rule("card", "atr", r"ATR(?: APDU| \((?P<note>checksum error)\))?: ([0-9A-Fa-f ]*)"),
        rule("none", "pps", r"PPS: ([0-9A-Fa-f ]*)"),
        rule("none", "skip", r"Card state change: .{0,200}|Fi/Di switched to .{0,60}"),
        rule("none", "bad", r"(?:TPDU|ATR|PPS|APDU)\b.*"),
    ),
)

_OSMOCOM = re.compile(r".{0,120}?(?=(?:=>|<=|<-) )|.{0,60}?(?=(?:Warm|Cold) Resetting)")

CARDEM = TextFormat(
    NAME="simtrace2-cardem",
    CLOCK="none",
    PROVEN=False,
    sign=re.compile(r"=> DATA: flags=|<= (?:\w{0,20}cardem_)?request_(?:pb_and_[tr]x|sw_tx)\("),
    prefix=_OSMOCOM,
    rules=(
        rule(
            "reader",
            "block",
            r"=> DATA: flags=\w{1,4}(?: \([A-Z_ ]{0,60}\))?, ([0-9A-Fa-f ]*?) ?:? ?",
        ),
        rule(
            "card",
            "block",
            r"<= \w{0,20}request_pb_and_rx\((?:pb=)?(\w\w), (?:le=)?\d{1,5}\)",
        ),
        rule(
            "card",
            "block",
            r"<= \w{0,20}request_pb_and_tx\((?:pb=)?(\w\w), "
            r"(?:tx=)?(?P<data>[0-9A-Fa-f ]*), (?:len=)?(?P<size>\d{1,5})\)",
        ),
        rule("card", "block", r"<= \w{0,20}request_sw_tx\((?:sw=)?([0-9A-Fa-f ]*)\)"),
        rule("card", "atr", r"<= \w{0,20}request_set_atr\(([0-9A-Fa-f ]*)\)"),
        rule("none", "event", r"(?P<note>(?:Warm|Cold) Resetting card.{0,100})"),
        rule("none", "event", r"=> (?P<note>(?:IRQ )?STATUS: .{0,200}|PTS req: .{0,60})"),
        rule("none", "bad", r"(?:=> DATA|<= \w{0,20}request_(?:pb|sw)).*"),
    ),
    finish=named,
)

SWICC = TextFormat(
    NAME="swICC log",
    CLOCK="none",
    PROVEN=False,
    sign=re.compile(r"^\s{0,40}\(BufLenExp \d{1,10}\)$"),
    prefix=re.compile(r".{0,80}?(?=[TR]X:|\((?:Message|Header|Data|Control|Cont|Buf))"),
    rules=(
        rule("reader", "call", r"RX:.*"),
        rule("card", "call", r"TX:.*"),
        # What the card's side sent back says so, from whichever side the log is.
        rule("card", "call", r"\(Control 0xF[0-9A-F]\).*"),
        rule("none", "event", r"\((?P<note>Control 0x0[2-9])\).*"),  # a reset in software
        rule("reader", "call", r"\(Control 0x0[01]\).*"),
        rule("both", "block", r"\(Buf \[((?: [0-9A-Fa-f]{2}){1,2000}) \]\)+"),
        rule("none", "skip", r"\(Buf \[ ?\]\)+"),
        rule("none", "bad", r"\(Buf .*"),
    ),
    finish=named,
)

_FRAMED = r"(?:<CR>|<LF>|\\r|\\n|OK|['\" ]){0,40}"  # line ends that ModemManager writes out

AT_COMMANDS = TextFormat(
    NAME="AT commands",
    CLOCK="none",
    PROVEN=False,
    sign=re.compile(r"(?i:AT\+C(?:SIM|GLA|RSM))=|\+CLOGBUFFSIMAPDUTD"),
    prefix=re.compile(r".{0,160}?(?=[Aa][Tt]\+[Cc]|\+C[A-Z])"),
    sticky=True,
    rules=(  # 3GPP TS 27.007, +CSIM and +CGLA: the length counts hex digits
        rule("reader", "apdu", r'(?i:AT\+(?P<who>CSIM))=(?P<digits>\d{1,6}), ?"?(\w*)' + _FRAMED),
        rule(
            "reader",
            "apdu",
            r'(?i:AT\+CGLA)=(?P<who>\w{1,20}), ?(?P<digits>\d{1,6}), ?"?(\w*)' + _FRAMED,
        ),
        rule(
            "card",
            "apdu",
            r'(?:\+(?:(?P<who>CSIM)|CGLA)): ?(?P<digits>\d{1,6}), ?"?(\w*)' + _FRAMED,
        ),
        rule(  # +CRSM, 8.18: numbers, a file that the modem selects, data, its path
            "reader",
            "apdu",
            r"(?i:AT\+(?P<who>CRSM))=(?P<ins>\d{1,5})(?:, ?(?P<file>\d{1,5})?)?"
            r"(?:, ?(?P<p1>\d{1,5})?, ?(?P<p2>\d{1,5})?(?:, ?(?P<p3>\d{1,5})?)?)?"
            r'(?:, ?"?([0-9A-Fa-f]*)"?(?:, ?"?(?P<path>[0-9A-Fa-f]*))?)?' + _FRAMED,
        ),
        rule(
            "card",
            "apdu",
            r"\+(?P<who>CRSM): ?(?P<status1>\d{1,5}), ?(?P<status2>\d{1,5})"
            r'(?:, ?"?(\w*))?' + _FRAMED,
        ),
        rule(
            "reader",
            "apdu",
            r"\+CLOGBUFFSIMAPDUTD: (?:SIM SLOT:(?P<who>\d{1,2}))?.{0,80}TX Data APDU: *(.*)",
        ),
        rule(
            "card",
            "apdu",
            r"\+CLOGBUFFSIMAPDURD: (?:SIM SLOT:(?P<who>\d{1,2}))?.{0,80}RX Data APDU: *(.*)",
        ),
        rule("none", "event", r'(?P<asked>(?i:AT\+CCHO)=)"?([0-9A-Fa-f]{10,64})' + _FRAMED),
        rule("none", "event", r"(?P<granted>\+CCHO: ?)(?P<channel>(?P<who>\w{1,20}))" + _FRAMED),
        rule(
            "none",
            "event",
            r"(?P<closed>(?i:AT\+CCHC)=)(?P<channel>(?P<who>\w{1,20}))" + _FRAMED,
        ),
        rule("none", "bad", r"(?i:AT\+C(?:SIM|GLA|RSM))=\d.*|\+C(?:SIM|GLA|RSM):.*"),
        rule("none", "event", r"(?P<note>(?:AT)?\+(?:CCHO|CCHC|CME ERROR).{0,200})"),
        rule("none", "skip", r"\[DEBUG\] \[APDU\] \[[TR]X\].*"),  # lpac says it again
    ),
    finish=with_events,
)

_APDU_PAYLOAD = r'\{"type": ?"apdu", ?"payload": ?\{'

LPAC = TextFormat(
    NAME="lpac",
    CLOCK="none",
    PROVEN=False,
    sign=re.compile(r"\[APDU\] \[[TR]X\]|\"type\": ?\"apdu\""),
    prefix=re.compile(r"\[DEBUG\] \[APDU\] |(?:recv|send)="),
    rules=(
        rule(
            "reader",
            "apdu",
            r"\[TX\] CLA: (\w\w), INS: (\w\w), P1: (\w\w), P2: (\w\w), Lc: (\w\w)"
            r"(?:, Data:([0-9A-Fa-f ]*))?",
        ),
        rule(
            "card",
            "apdu",
            r"\[RX\] SW1: (?P<sw1>\w\w), SW2: (?P<sw2>\w\w)(?:, Data:([0-9A-Fa-f ]*))?",
        ),
        rule(
            "reader",
            "apdu",
            _APDU_PAYLOAD + r'"func": ?"transmit", ?"param": ?"(\w*)"\}\}',
        ),
        rule(
            "card",
            "apdu",
            _APDU_PAYLOAD + r'"ecode": ?0, ?"data": ?"(\w*)"\}\}',
        ),
        rule(
            "none",
            "event",
            _APDU_PAYLOAD + r'"func": ?"(?P<asked>logic_channel_open)", ?'
            r'"param": ?"([0-9A-Fa-f]{10,64})"\}\}',
        ),
        rule(  # the code of success is the number of the channel
            "none",
            "event",
            _APDU_PAYLOAD + r'(?P<granted>"ecode": ?)'
            r'(?P<channel>[1-9]\d{0,2})(?:, ?"data": ?null)?\}\}',
        ),
        rule(
            "none",
            "event",
            _APDU_PAYLOAD + r'"func": ?"(?P<closed>logic_channel_close)".*',
        ),
        rule("none", "bad", r"\[[TR]X\].*"),
        rule(
            "none",
            "skip",
            _APDU_PAYLOAD + r'"ecode": ?-?\d{1,5}(?:, ?"data": ?null)?\}\}',
        ),
        rule(
            "none",
            "skip",
            r'\{"type": ?"\w{1,20}", ?"payload": .*'
            r'(?:"func": ?"[^t]|"data": ?null|"code").*',
        ),
    ),
    finish=with_events,
)

_LOGCAT = r"(?:\d\d-\d\d )?(?P<at_clock>\d\d:\d\d:\d\d\.\d{3})"
_RADIO = r"(?:RIL_REQUEST_)?"
_REQUEST = r"\[(?P<who>\d{4,6})\]>"
_ANSWER = rf"\[(?P<who>\d{{4,6}})\]< {_RADIO}"
_SUFFIX = r"(?: {0,4}\[\w{1,12}\])?"
_NUMBER = r"0x[0-9A-Fa-f]{1,4}"
_RESULT = (
    rf"IccIoRes(?:ult|ponse) sw1:(?P<status1>{_NUMBER}) sw2:(?P<status2>{_NUMBER})"
    r" {1,2}Payload: ?(?:(?P<hidden>\*{1,20})|null|([0-9A-Fa-f]*))(?: Error: .{0,200}?)?"
)
_BARE_RESULT = (  # older releases never show the data
    rf"IccIoRes(?:ult|ponse) (?P<hidden>sw1:)(?P<status1>{_NUMBER}) sw2:(?P<status2>{_NUMBER})"
    r"(?: Error: .{0,200}?)?"
)
_CHANNEL_LIST = r"[{\[(](?P<channel>\d{1,3})[^}\])]{0,300}[}\])]"

ANDROID_RIL = TextFormat(
    NAME="Android RIL log",
    CLOCK="host",
    PROVEN=False,
    sign=re.compile(
        r"\[\d{4,6}\](?:>|<).{0,40}(?:SIM_IO|SIM_TRANSMIT_APDU)|TransApdu: (?:Send|Response): "
    ),
    prefix=re.compile(
        rf"(?:{_LOGCAT})?.{{0,60}}?(?=\[\d{{4,6}}\][<>]|(?:Send|Response): (?:Apdu|IccIo))"
    ),
    rules=(
        rule(
            "reader",
            "apdu",
            rf"{_REQUEST} iccIO: {{1,2}}(?:aid: (?:null|\w*) )?{_RADIO}SIM_IO "
            rf"(?P<ins>{_NUMBER}) (?P<file>{_NUMBER}) {{1,2}}path: "
            r"(?:null|(?P<path>\w*)),"
            r"(?P<p1>\d{1,5}),(?P<p2>\d{1,5}),(?P<p3>\d{1,5})"
            r"(?: aid: (?:null|(?P<aid>\w*)))?" + _SUFFIX,
        ),
        rule(
            "reader",
            "apdu",
            rf"{_REQUEST} iccIO: {_RADIO}SIM_IO command = (?P<ins>{_NUMBER}) "
            rf"fileId = (?P<file>{_NUMBER}) path = (?:null|(?P<path>\w*)) "
            r"p1 = (?P<p1>\d{1,5}) "
            r"p2 = (?P<p2>\d{1,5}) p3 = (?P<p3>\d{1,5})? ?"
            r"data = (?:(?P<hidden>null)|([0-9A-Fa-f]*)) "
            r"aid = (?:null|(?P<aid>\w*))" + _SUFFIX,
        ),
        rule(
            "reader",
            "apdu",
            r"Send: ApduCommand\(channel=(?P<channel>\d{1,3}), cla=(?P<cla>\d{1,5}), "
            r"ins=(?P<ins>\d{1,5}), p1=(?P<p1>\d{1,5}), p2=(?P<p2>\d{1,5}), "
            r"p3=(?P<p3>\d{1,5}), cmd=([0-9A-Fa-f]*)(?:, isEs10=\w{4,5})?\)",
        ),
        rule("card", "apdu", rf"{_ANSWER}SIM_IO {_RESULT}{_SUFFIX}"),
        rule(
            "card",
            "apdu",
            rf"{_ANSWER}SIM_IO {_BARE_RESULT}{_SUFFIX}",
        ),
        rule("card", "apdu", r"Response: " + _RESULT),
        rule(
            "none",
            "event",
            rf"{_REQUEST} {{1,2}}{_RADIO}(?P<asked>SIM_OPEN_CHANNEL) "
            r"(?:aid = |\()([0-9A-Fa-f]{10,64})(?: p2 = -?\d{1,3}|, -?\d{1,3}\))" + _SUFFIX,
        ),
        rule(
            "none",
            "event",
            rf"{_ANSWER}(?P<granted>SIM_OPEN_CHANNEL) {_CHANNEL_LIST}.*",
        ),
        rule(
            "none",
            "event",
            rf"{_REQUEST} {{1,2}}{_RADIO}(?P<closed>SIM_CLOSE_CHANNEL)"
            r"(?: channel = | |\()(?P<channel>\d{1,3}).*",
        ),
        rule("none", "bad", r"(?:Send: ApduCommand|Response: IccIo|.{1,12}iccIO).*"),
    ),
    finish=partial(by_channel, clock="host"),
)

TELECOM = (SIMTRACE2_SNIFF, CARDEM, SWICC, AT_COMMANDS, LPAC, ANDROID_RIL)
