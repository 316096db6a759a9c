# SPDX-License-Identifier: MIT
"""Logs of programs that talk to cards, each described row by row. docs/formats.md tells how to obtain them."""

from __future__ import annotations

from ..core.model import FrameKind, Sender
from .ccid import kind_of
from .described import described


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


LOGS = described(
    r"""
let DATE (?:\d{4}-\d\d-\d\d )?\d{1,2}:\d{1,2}:\d{1,2}(?:[.,]\d{1,30})?
let TOOK \((?:(?P<plus_s>\d{1,9})s)?(?:(?P<plus_ms>\d{1,9})ms)?\)

format pcscd log, host, proven
sign (?:^\s{0,8}\d{8} | pcscd\[\d{1,10}\]: (?:\d{8} )?)(?:\[\w{1,20}\] )?(?:\S{1,60}\(\) )?(?:APDU|SW|sending|received
    |->|<-)
prefix (?:[^\[\]]{1,120} pcscd\[\d{1,10}\]: )?(?:(?P<plus_us>\d{8}) )?(?:\[(?P<who>\w{1,20})\] )?(?:\S{1,60}:\d{1,6}:
    (?!IFDHTransmitToICC|IFDHPowerICC)\w{1,60}\(\) )?
marks \|
options saturated=99999999, unwrap=ccid
reader apdu@1 APDU: ?(.*)
card apdu@1 SW: ?(.*)
card atr Card ATR: (.*)
reader block@2 sending: (.*)
card block@2 received: (.*)
reader block@3 -> [0-9A-F]{6} (.*)
card block@3 <- [0-9A-F]{6} (.*)
none skip (?:->|<-|sending:|received:).*
none time \S{1,60}:\d{1,6}:IFDH\w{1,60}\(\) .{0,300}\((?P<lane>lun: \w{1,8})\).*

format OpenSC debug log, host, proven
sign ^(?:Outgoing|Incoming) APDU
prefix (?:(?P<who>(?:(?P<lane>P:\d{1,10}); )?(?:T:)?(?:0x)?[0-9a-f]{1,20}) )?(?P<at_clock>{DATE})(?: |$)
    (?:\[[^\]]{0,60}\] \S{1,80}:\d{1,6}:\w{1,80}: ?)?
options sticky=yes
reader apdu+rows Outgoing APDU(?: data)? [(\[] *(?P<size>\d{1,6}) bytes?[)\]].*
card apdu+rows Incoming APDU(?: data)? [(\[] *(?P<size>\d{1,6}) bytes?[)\]].*
none bad (?:Outgoing|Incoming) APDU.*
none skip Sending: .*
none skip+rows Received \(SW1=0x..,.{0,20}
card status ATR {5}: ([0-9a-f:]{4,200})
none skip+rows (?!.{0,80}APDU).{1,80}[(\[] *(?P<size>\d{1,6}) bytes?[)\]].*

format opensc-tool output, none, proven
sign ^Received \(SW1=0x
reader apdu Sending: *(.*)
card apdu Received \(SW1=0x(?P<sw1>..), SW2=0x(?P<sw2>..)\)
card apdu+rows Received \(SW1=0x(?P<sw1>..), SW2=0x(?P<sw2>..)\):
none bad (?:Sending|Received).*

format GlobalPlatformPro, round-trip, unproven
sign A>> T=|A<< \(\d|^<< \(\d{1,6}ms\)
prefix #[ ]
card atr SCardConnect\("(?P<reader>[^"]{0,200})", [^)]{0,40}\) -> T=\w{1,3}, (\w*)
reader apdu A>> T=\w{1,3} \(4\+(?P<size>\d{4})\) (\w{8})(?: (\w{2}|\w{6}))?(?: (?P<data>\w{2,}))?(?: (\w{2,6}))?
card apdu A<< \((?P<size>\d{4})\+2\) {TOOK} (?P<data>\w*) ?\b(\w{4})
none bad A(?:>>|<<).*
reader apdu >> ([0-9A-Fa-f ]*)
card apdu << {TOOK} ([0-9A-Fa-f ]*)

format pyscard observer, none, proven
sign ^(?:connecting to |< {1,2}\[\] )
none event (?P<note>connecting to (?P<reader>.{0,200}))
none event (?P<note>(?:reconnecting to|disconnecting from|release from) ?.{0,200})
reader apdu > ([0-9A-Fa-f ]*)
card apdu <\s{0,4}(?:\[\] |(?=[0-9A-F ]*[69][0-9A-F] {1,4}[0-9A-F]{1,2}$)((?:[0-9A-F]{2} )*)) {0,4}
    (?P<sw1>[0-9A-F]{1,2}) {1,4}(?P<sw2>[0-9A-F]{1,2})
card apdu < ((?:[0-9A-Fa-f]{2}| )*)
none bad [<>].*

format scriptor output, none, proven
sign ^Using T=[01] protocol$|^< .* : [A-Z]
row ([0-9A-Fa-f ]*?)(?: ?: .*)?
options columns=no
none skip > RESET
card atr < OK: (.*)
reader apdu > ([0-9A-Fa-f ]*)
card apdu+rows < ([0-9A-Fa-f ]*?)(?: ?: .*)?
none bad [<>].*

format scdaemon log, host, proven
sign scdaemon\[\d{1,10}\].{0,200}PCSC_data:[ ]
prefix (?:(?P<at_clock>{DATE})(?= scdaemon\[\d{1,10}\] (?:slot|DBG: +PCSC_data))|{DATE})
    (?: )scdaemon\[(?P<who>\d{1,10})\][ ]
card atr slot \d{1,4}: ATR=(.*)
reader apdu DBG: +PCSC_data: *(.*)
card apdu DBG: +response: sw=(\w{4}) +datalen=0
card apdu DBG: +dump: *(.*)
none skip DBG: (?:send apdu:| +response: sw=\w{4} +datalen=\d).*
none bad DBG: +(?:response|dump|PCSC_data).*

format pcsc-spy output, round-trip, proven
sign [io] b(?:Send|Recv)Buffer$
prefix (?P<who>(?: {4}){0,250})(?: \(t\d{1,4}\) )? ?
row (?:\(t\d{1,4}\)  )?[io]  [0-9A-F]{4} (.*)
options late=yes, indented=yes
reader call SCardTransmit
none call SCard?(?:Control|GetAttrib|SetAttrib|GetStatusChange)
none skip i szReader (?P<reader>.{1,200})
none size [io] b(?:Send|Recv)Length 0x\w{1,16} \((?P<size>\d{1,9})\)
reader apdu+rows i bSendBuffer
card apdu+rows o bRecvBuffer
card status o bAtr ([0-9A-F ]*)
reader call => .*\[(?:(?P<plus_s>\d{1,9}\.\d{1,9})|[?.]{1,9})\]

format pcsc-spy raw log, host, proven
sign ^[0-9A-F]{1,16}@[<>]\|\d{1,12}\|
prefix (?P<who>[0-9A-F]{1,16})@
options columns=no, sticky=yes, late=yes
card call >\|(?P<at_s>\d{1,12})\|(?P<at_us>\d{1,6})\|SCard(?:Status|Reconnect)
reader call <\|(?P<at_s>\d{1,12})\|(?P<at_us>\d{1,6})\|.*
none call >\|(?P<at_s>\d{1,12})\|(?P<at_us>\d{1,6})\|SCard(?:Control|[GS]etAttrib|GetStatus|ListReaders).*
none call >\|(?P<at_s>\d{1,12})\|(?P<at_us>\d{1,6})\|SCardConnect(?P<reader>)
reader call >\|(?P<at_s>\d{1,12})\|(?P<at_us>\d{1,6})\|.*
none size 0x(?P<xsize>[0-9A-Fa-f]{8})
both apdu+rows ((?:[0-9A-F]{2} )*[0-9A-F]{2})

format YubiKey traffic log, host, proven
sign [ ](?:SEND: [0-9a-fA-F]{8}|RECV: [0-9a-fA-F]* ?SW=[0-9a-fA-F]{4}$)
prefix \w{1,10} (?P<at_clock>{DATE})[ ]
none skip \[[^\]]{0,60}hid[^\]]{0,60}\] .*
reader apdu (?:\[[^\]]{0,120}\] )?SEND: *(.*)
card apdu (?:\[[^\]]{0,120}\] )?RECV: (\w*) ?SW=(\w{4})
none bad (?:\[[^\]]{0,120}\] )?(?:SEND|RECV):.*

format JCShell, round-trip, unproven
sign ^\(\d{1,9} usec\)
card atr ATR[=:] {0,4}([0-9A-Fa-f ]*)
reader apdu+rows => (.*)
card apdu+rows <= (.*)
none time \((?P<plus_us>\d{1,9}) usec\)
none skip \w{0,8}> .*|/.*

format GPShell, none, unproven
sign ^\s{0,8}Wrapped command -->[ ]
reader apdu Wrapped command --> *(.*)
card apdu Response <-- *(.*)
none skip (?:Command -->|Unwrapped response <--) .*|[a-z]\w{2,30}(?: -.*)?

format lpac, none, unproven
sign \[APDU\] \[[TR]X\]|\"type\": ?\"apdu\"
prefix \[DEBUG\] \[APDU\][ ]
reader apdu \[TX\] CLA: (\w\w), INS: (\w\w), P1: (\w\w), P2: (\w\w), Lc: (\w\w)(?:, Data:([0-9A-Fa-f ]*))?
card apdu \[RX\] SW1: (?P<sw1>\w\w), SW2: (?P<sw2>\w\w)(?:, Data:([0-9A-Fa-f ]*))?
reader apdu \{"type": ?"apdu", ?"payload": ?\{"func": ?"transmit", ?"param": ?"(\w*)"\}\}
card apdu \{"type": ?"apdu", ?"payload": ?\{"ecode": ?0, ?"data": ?"(\w*)"\}\}
none bad \[[TR]X\].*
none skip \{"type": ?"\w{1,20}", ?"payload": .*(?:"func": ?"[^t]|"data": ?null|"code").*

format AT commands, none, unproven
sign AT\+C(?:SIM|GLA)=|\+CLOGBUFFSIMAPDUTD
prefix .{0,80}?(?=AT\+C|\+C[A-Z])
options sticky=yes
reader apdu AT\+(?P<who>CSIM)=(?P<digits>\d{1,6}), ?"?(\w*)"?
reader apdu AT\+CGLA=(?P<who>\d{1,3}), ?(?P<digits>\d{1,6}), ?"?(\w*)"?
card apdu \+(?:(?P<who>CSIM)|CGLA): ?(?P<digits>\d{1,6}), ?"?(\w*)"?
reader apdu \+CLOGBUFFSIMAPDUTD: (?:SIM SLOT:(?P<who>\d{1,2}))?.{0,80}TX Data APDU: *(.*)
card apdu \+CLOGBUFFSIMAPDURD: (?:SIM SLOT:(?P<who>\d{1,2}))?.{0,80}RX Data APDU: *(.*)
none bad AT\+C(?:SIM|GLA)=\d.*|\+C(?:SIM|GLA):.*
none event (?P<note>(?:AT)?\+(?:CCHO|CCHC|CME ERROR).{0,200})

format cardpeek replay, none, unproven
sign ^# cardpeek trace file
card atr R:(.*)
reader apdu C:(\w*):(?P<sw1>\w\w)(?P<sw2>\w\w):(?P<answer>\w*)
none skip #.*
none bad .+

format Flipper APDU response, none, unproven
sign ^Filetype: APDU Script Response
reader apdu In: *(.*)
card apdu Out: *(.*)
""",
    ccid=lambda: _ccid,
)
