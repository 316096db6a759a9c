# SPDX-License-Identifier: MIT
"""Logs of what listens on the wire or in the air, or of chips between program and card.

They are described row by row.
"""

from __future__ import annotations

from .described import described
from .nfc_chips import Nci, pn53x

PM3_LIST, CHAMELEON, LIBNFC, NCI = WIRES = described(
    r"""
format Proxmark3 list, rf, unproven
sign ^\s{0,20}(?:Start|Gap) {0,4}\| {0,10}(?:End|Duration) {0,4}\| Src
prefix \[[+=#]\] ?|# {0,20}
row (?:\[[+=#]\] ?|# {0,20})?\| {0,20}\| {0,8}\|([^|]*)\|(?![^|]*[0-9A-Fa-f]{2} {2}).*
marks [!'\[\]]|\(\d\)
options columns=no, width=18
let CYCLES (?P<at_cycles>\d{1,10}) {0,10}\| {0,10}(?P<end_cycles>\d{1,10}) {0,4}\| {0,4}
let MICROS (?P<at_us>\d{1,10}\.\d) {0,10}\| {0,10}(?P<end_us>\d{1,10}\.\d) {0,4}\| {0,4}
let BYTES {0,4}\|([^|]*)\|(?![^|]*[0-9A-Fa-f]{2} {2})[^|]*(?:\|(?P<note>[^|]*))?(?:\|.*)?
reader rf+rows {CYCLES}Rdr {BYTES}
card rf+rows {CYCLES}Tag {BYTES}
reader rf+rows {MICROS}Rdr {BYTES}
card rf+rows {MICROS}Tag {BYTES}
none time Gap {0,4}\| {0,10}Duration(?P<untimed>).*
none skip (?:.{0,30}\|  ?\*  ?|.{0,40}Frame Delay Time).*|-{5,20}[|+].*|[+=] .*
none bad [\d.]{1,12} {0,12}\|.*

format Chameleon log, host, unproven
sign [ ]ms>:CODEC [RT]X |CODEC [RT]X DATA: |LOG_INFO_CODEC_[RT]X_DATA
prefix (?P<at_ms>\d{1,12}) ms <.{1,12} ms>:|\[\d{1,12}\] |\d{1,9} -- LOG_INFO_CODEC_
reader rf CODEC RX(?: SNI READER)? {1,30}\((?P<size>\d{1,6}) {1,6}bytes\) \[([0-9A-Fa-f]*) *\].*
card rf CODEC (?:TX|RX SNI CARD) {1,30}\((?P<size>\d{1,6}) {1,6}bytes\) \[([0-9A-Fa-f]*) *\].*
reader rf CODEC RX (?:SNI READER )?W/PARITY {1,30}\(\d{1,6} {1,6}bytes\) \[([0-9A-Fa-f]*) *\].*
card rf CODEC (?:TX|RX SNI CARD) W/PARITY {1,30}\(\d{1,6} {1,6}bytes\) \[([0-9A-Fa-f]*) *\].*
reader rf CODEC RX DATA: (.*)
card rf CODEC TX DATA: (.*)
reader rf RX_DATA \[(?P<size>\d{1,6}) bytes\] \(\+(?P<plus_ms>\d{1,9}) *ms\) \[([0-9A-Fa-f ]*)\].*
card rf TX_DATA \[(?P<size>\d{1,6}) bytes\] \(\+(?P<plus_ms>\d{1,9}) *ms\) \[([0-9A-Fa-f ]*)\].*
none bad CODEC .*|[RT]X_DATA.*

format libnfc log, none, unproven
sign libnfc\.\S{1,30}\s{1,8}[TR]X:[ ]
prefix (?:debug|info|error)\s{1,8}libnfc\.\S{1,30}\s{1,8}
options unwrap=pn53x
reader block TX: (.*)
card block RX: (.*)

format Android NCI log, host, unproven
sign NxpNci[XR] {0,4}: len =
prefix (?:\d\d-\d\d )?(?:(?P<at_clock>\d\d:\d\d:\d\d\.\d{3})(?: {1,8}
    (?P<who>\d{1,10}) {1,8}\d{1,10})?.{0,40}?)?(?=NxpNci)
options unwrap=nci
reader block NxpNciX {0,4}: len = {0,6}(?P<size>\d{1,4}) > (\w*)
card block NxpNciR {0,4}: len = {0,6}(?P<size>\d{1,4}) > (\w*)
none bad NxpNci[XR].*
""",
    pn53x=lambda: pn53x,
    nci=Nci,
)
