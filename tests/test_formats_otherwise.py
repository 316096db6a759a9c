# SPDX-License-Identifier: MIT
"""Texts that are no dialogue with a card: what they are is said, and none is shown as a dialogue."""

from __future__ import annotations

import base64
import re
from itertools import pairwise

import pytest
from test_laws import samples

import cardlib
from cardlib.core.errors import CaptureError
from cardlib.formats.otherwise import what_else
from conftest import ROOT

HASHES = [f"{number * 0x9E3779B97F4A7C15 % 2**128:032x}" for number in range(1, 9)]
LONG_HASHES = [first + second for first, second in pairwise(HASHES)]
BYTES = bytes(number * 37 % 256 for number in range(200))
BASE64 = base64.b64encode(BYTES).decode()
BASE64_LINES = "\n".join(re.findall(".{1,64}", BASE64))
ROWS = [BYTES[at : at + 16].hex(" ") for at in range(0, 96, 16)]
TRAILER = "a0 a1 a2 a3 a4 a5 78 77 88 c1 b0 b1 b2 b3 b4 b5"
PAGES = ["04 85 92 9b", "2a 3c 40 80", "d6 48 00 00", "e1 10 12 00", "01 03 a0 0c"]

C_SOURCE = """\
#include <stdio.h>
#include "card.h"

/* SELECT the application, then read a record */
static const uint8_t select[] = {
    0x00, 0xA4, 0x04, 0x00, 0x07, 0xA0, 0x00, 0x00, 0x00, 0x03, 0x10, 0x10, 0x00
};
static const uint8_t read_record[] = { 0x00, 0xB2, 0x01, 0x0C, 0x00 };

int main(void)
{
    uint8_t response[258];
    size_t length = sizeof(response);
    int result = transmit(select, sizeof(select), response, &length);
    if (result != 0x9000) {
        return 1;
    }
    return 0;
}
"""
JAVA_SOURCE = """\
package com.example.card;

import javax.smartcardio.*;

public class Reader {
    private static final byte[] SELECT = {
        0x00, (byte) 0xA4, 0x04, 0x00, 0x07, (byte) 0xA0, 0x00, 0x00, 0x00, 0x03, 0x10, 0x10, 0x00
    };

    public static void main(String[] args) throws CardException {
        CardChannel channel = open();
        ResponseAPDU response = channel.transmit(new CommandAPDU(SELECT));
        if (response.getSW() == 0x9000) {
            System.out.println("ok");
        }
    }
}
"""
PYTHON_SOURCE = """\
from smartcard.System import readers
import sys

SELECT = [0x00, 0xA4, 0x04, 0x00, 0x07]
AID = [0xA0, 0x00, 0x00, 0x00, 0x03, 0x10, 0x10]

def main():
    connection = readers()[0].createConnection()
    connection.connect()
    data, sw1, sw2 = connection.transmit(SELECT + AID)
    print("%02X %02X" % (sw1, sw2))
    return 0

sys.exit(main())
"""
DISASSEMBLY = """\
card:     file format elf64-x86-64

Disassembly of section .text:

0000000000401136 <main>:
  401136:	55                   	push   %rbp
  401137:	48 89 e5             	mov    %rsp,%rbp
  40113a:	48 83 ec 10          	sub    $0x10,%rsp
  40113e:	c7 45 fc 00 a4 04 00 	movl   $0x4a400,-0x4(%rbp)
  401145:	b8 00 00 00 00       	mov    $0x0,%eax
  40114a:	c9                   	leave
  40114b:	c3                   	ret
"""
ARM = """\
 8000120:	b580      	push	{r7, lr}
 8000122:	4b05      	ldr	r3, [pc, #20]
 8000124:	f000 f8a2 	bl	800026c <setup>
 8000128:	bd80      	pop	{r7, pc}
"""
CERTIFICATE = """\
Certificate:
    Data:
        Version: 3 (0x2)
        Serial Number:
            04:a4:00:0c:02:3f:00:90:00
        Signature Algorithm: sha256WithRSAEncryption
        Issuer: C = XX, O = Example
        Validity
            Not Before: Jan  1 00:00:00 2026 GMT
        Subject: CN = Nobody
        Subject Public Key Info:
            Public Key Algorithm: rsaEncryption
                Modulus:
                    00:c3:00:a4:04:00:07:a0:00:00:00:03:10:10:90:
                    6a:82:00:b2:01:0c:00:90:00:11:22:33:44:55:66
"""
GIT_LOG = """\
commit 00a4040007a000000003101000b2010c009000aa
Author: Nobody <nobody@example.com>
Date:   Mon Nov 30 12:00:00 2026 +0000

    Read the record

commit 6a82840007a000000003101000b2010c009000aa
Author: Nobody <nobody@example.com>
Date:   Mon Nov 30 11:00:00 2026 +0000

    Select the application
"""
XML = """\
<?xml version="1.0"?>
<card>
  <file id="2F00" data="61114F0600001000010079074F05A000000308"/>
  <file id="2F01" data="00A4040007A0000000031010"/>
</card>
"""
JSON = """\
{
  "reader": "Some Reader 00 00",
  "atr": "3B6500002063CB6F00",
  "files": [
    {"id": "2F00", "content": "61114F0600001000010079074F05A000000308"},
    {"id": "2F01", "content": "00A4040007A0000000031010"}
  ]
}
"""
FLIPPER = """\
Filetype: Flipper NFC device
Version: 4
Device type: Mifare Classic
UID: AA BB CC DD
ATQA: 00 04
Block 0: AA BB CC DD 00 08 04 00 00 00 00 00 00 00 BE EF
"""
TAG_SCAN = """\
** TagInfo scan (version 4.25) 2026-01-01 10:00:00 **
Report Type: -- IC INFO ------------------------------
[00] *  04:85:92 9B (UID0-UID2, BCC0)
"""

TEXTS = {
    "MIFARE Classic Tool": (
        "+Sector: 0\n" + f"{BYTES[:16].hex()}\n" * 3 + TRAILER.replace(" ", ""),
        "memory",
    ),
    "mfoc": (
        "".join(
            f"Block {63 - at:02}, type A, key ffffffffffff :{TRAILER.replace(' ', '  ')}\n"
            for at in range(4)
        ),
        "memory",
    ),
    "pages of TagInfo": (
        "".join(
            f"[{at:02X}] *  {page.replace(' ', ':')} (what it is)\n"
            for at, page in enumerate(PAGES)
        ),
        "memory",
    ),
    "pages of nfcpy": (
        "".join(f"  {at}: {page} |....|\n" for at, page in enumerate(PAGES)),
        "memory",
    ),
    "pages of a Proxmark3": (
        "".join(f"[=]   {at}/0x{at:02X} | {page} |   | ....\n" for at, page in enumerate(PAGES)),
        "memory",
    ),
    "sketch of Arduino": (
        "Sector Block   0  1  2  3   4  5  6  7   8  9 10 11  12 13 14 15  AccessBits\n"
        + "".join(f"          {63 - at}   {TRAILER}  [ 0 0 1 ]\n" for at in range(4)),
        "memory",
    ),
    "image of a Flipper": (FLIPPER, "image of a card"),
    "script of a Flipper": ('Filetype: APDU Script\nVersion: 1\nData: ["00A40400"]\n', "script"),
    "image of a Proxmark3": (
        '{\n"Created": "proxmark3",\n"FileType": "mfc v2",\n"blocks": {"0": "AABBCCDD"}\n}\n',
        "image of a card",
    ),
    "scan of a tag": (TAG_SCAN, "TagInfo"),
    "C": (C_SOURCE, "C source"),
    "C, arrays only": (
        "static const uint8_t fci[] = {\n    0x6F, 0x10, 0x84, 0x07,\n    0x90, 0x00,\n};\n",
        "C source",
    ),
    "Java": (JAVA_SOURCE, "Java"),
    "Python": (PYTHON_SOURCE, "Python"),
    "shell": (
        "#!/bin/sh\nopensc-tool -s 00A4040007A0000000031010\nopensc-tool -s 00B2010C00\n",
        "shell",
    ),
    "XML": (XML, "XML"),
    "JSON": (JSON, "JSON"),
    "configuration": (
        "[card]\natr = 3B6500002063CB6F00\naid = A0000000031010\n; end\n",
        "configuration",
    ),
    "hashes": ("\n".join(HASHES), "hashes"),
    "hashes of files": (
        "".join(f"{one}  file{at}.bin\n" for at, one in enumerate(LONG_HASHES)),
        "hashes",
    ),
    "hashes of BSD": (
        "".join(f"SHA256 (f{at}) = {one}\n" for at, one in enumerate(LONG_HASHES)),
        "hashes",
    ),
    "UUIDs": (
        "".join(f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}\n" for h in HASHES),
        "UUIDs",
    ),
    "disassembly": (DISASSEMBLY, "disassembly"),
    "disassembly of ARM": (ARM, "disassembly"),
    "git log": (GIT_LOG, "git log"),
    "git log, a line each": (
        "00a4040 Read the record\nb2010c0 Select it\n6a82900 Begin\n",
        "git log",
    ),
    "CAN": (
        "(1600000000.000001) can0 0A4#0400A00000000310\n(1600000000.000101) can0 7E8#029000\n",
        "CAN",
    ),
    "CAN, columns": (
        "  can0  0A4   [8]  00 A4 04 00 07 A0 00 00\n  can0  7E8   [2]  90 00\n",
        "CAN",
    ),
    "serial line": (
        "12:00:01.100 UART1 55 AA 00 A4 04 00\n12:00:01.200 UART1 55 AA 90 00 11 22\n",
        "serial",
    ),
    "certificate": (CERTIFICATE, "certificate"),
    "certificate in base64": (
        f"-----BEGIN CERTIFICATE-----\n{BASE64_LINES}\n-----END CERTIFICATE-----\n",
        "certificate in base64",
    ),
    "key": (f"-----BEGIN PRIVATE KEY-----\n{BASE64_LINES}\n-----END PRIVATE KEY-----\n", "base64"),
    "base64": (BASE64_LINES, "base64"),
    "hex dump": (
        "".join(f"{16 * at:08x}: {row}  ................\n" for at, row in enumerate(ROWS)),
        "hex dump",
    ),
    "Intel HEX": (":10010000214601360121470136007EFE09D2190140\n:00000001FF\n", "Intel HEX"),
    "keys": ("# keys\nFFFFFFFFFFFF\nA0A1A2A3A4A5\nD3F7D3F7D3F7\n00A404000708\n", "keys"),
    "debugger": (
        """\
0x7fffffffe3c0:	0x00	0xa4	0x04	0x00	0x07	0xa0	0x00	0x00
0x7fffffffe3c8:	0x00	0x03	0x10	0x10	0x90	0x00	0x6a	0x82
0x7fffffffe3d0:	0x00	0xb2	0x01	0x0c	0x00	0x90	0x00	0x6a
""",
        "debugger",
    ),
    "Bluetooth": (
        """\
< HCI Command: Reset (0x03|0x0003) plen 0                 #1 [hci0] 12.345
        01 03 0C 00
> HCI Event: Command Complete (0x0e) plen 4               #2 [hci0] 12.346
        04 0E 04 01 03 0C 00
""",
        "Bluetooth",
    ),
    "modulus": (
        """\
    00:c3:00:a4:04:00:07:a0:00:00:00:03:10:10:90:
    6a:82:00:b2:01:0c:00:90:00:11:22:33:44:55:66:
    00:b2:01:0c:00:90:00:11:22:33:44:55:66:6a:82:
    41:42
""",
        "OpenSSL",
    ),
    "nfc-list": (
        """\
nfc-list uses libnfc 1.8.0
NFC device: ACS / ACR122U PICC Interface opened
1 ISO14443A passive target(s) found:
ISO/IEC 14443A (106 kbps) target:
    ATQA (SENS_RES): 03  44  
       UID (NFCID1): 04  85  92  9b  2a  3c  40  
      SAK (SEL_RES): 20  
                ATS: 75  77  81  02  80  
""",
        "about a tag",
    ),
    "hf 14a info": (
        """\
[usb] pm3 --> hf 14a info
[=] ---------- ISO14443-A Information ----------
[+]  UID: 04 4B 17 12 5B 66 80   ( double )
[+] ATQA: 03 44
[+]  SAK: 20 [1]
[=] -------------------------- ATS --------------------------
[+] ATS: 06 77 77 71 02 80 [ 6a 00 ]
[=]      06...............  TL    length is 6 bytes
[=]         77............  T0    TA1 is present, TB1 is present, TC1 is present, FSCI is 7 (FSC = 128)
""",
        "about a tag",
    ),
    "table of keys": (
        """\
[+] -----+-----+--------------+---+--------------+----
[+]  Sec | Blk | key A        |res| key B        |res
[+] -----+-----+--------------+---+--------------+----
[+]  000 | 003 | FFFFFFFFFFFF | D | FFFFFFFFFFFF | D
[+]  001 | 007 | A0A1A2A3A4A5 | D | B0B1B2B3B4B5 | D
[+]  002 | 011 | 00A404000708 | D | 900000000000 | D
""",
        "keys",
    ),
    "Go": (
        """\
package main

import "fmt"

func main() {
	apdu := []byte{0x00, 0xA4, 0x04, 0x00, 0x07, 0xA0, 0x00, 0x00, 0x00, 0x03, 0x10, 0x10, 0x00}
	fmt.Printf("%X\\n", apdu)
}
""",
        "Go source",
    ),
    "Rust": (
        """\
use pcsc::*;

fn main() {
    let apdu = b"\\x00\\xa4\\x04\\x00\\x0A\\xA0\\x00\\x00\\x00\\x62\\x03\\x01\\x0C\\x06\\x01";
    println!("Sending APDU: {:?}", apdu);
    let mut rapdu_buf = [0; MAX_BUFFER_SIZE];
}
""",
        "Rust",
    ),
    "C header": (
        """\
/* commands */
#define SELECT_FILE  0x00, 0xA4, 0x04, 0x00
#define READ_RECORD  0x00, 0xB2, 0x01, 0x0C, 0x00
#define SW_OK 0x9000
""",
        "C source",
    ),
    "pages without numbers": (
        """\
0485929B
2A3C4080
D6480000
E1101200
0103A00C
340300FE
00000000
""",
        "memory",
    ),
    "image of Metrodroid": (
        """\
{"tagId":"04a1b2c3","scannedAt":{"timeInMillis":1},"mifareDesfire":{"manufacturingData":"04010100","applications":{"1":{"files":{"0":{"data":"00a4040007a0000000031010"}}}}}}
""",
        "image of a card",
    ),
    "opensc.conf": (
        """\
app default {
	# card
	card_atr 3B:65:00:00:20:63:CB:6F:00 {
		name = "My card";
		driver = "default";
	}
	card_atr 3B:F2:18:00:02:C1:0A:31:FE:58:C8:08:74 {
		driver = "cardos";
	}
}
""",
        "configuration",
    ),
    "list of ATRs": (
        """\
# smartcard_list.txt
3B 02 14 50
	Schlumberger Multiflex 3k
3B 02 14 51
	Something else
3B 65 00 00 20 63 CB 6F 00
	A card
""",
        "ATRs",
    ),
    "Kotlin": (
        """\
import android.nfc.tech.IsoDep

class Reader(private val isoDep: IsoDep) {
    fun select(): ByteArray {
        val apdu = byteArrayOf(0x00, 0xA4.toByte(), 0x04, 0x00)
        return isoDep.transceive(apdu)
    }
}
""",
        "Kotlin",
    ),
    "JavaScript": (
        """\
const { NFC } = require('nfc-pcsc');
const nfc = new NFC();
nfc.on('reader', reader => {
  reader.on('card', async card => {
    const response = await reader.transmit(Buffer.from([0x00, 0xA4, 0x04, 0x00]), 40);
    console.log(response);
  });
});
""",
        "JavaScript",
    ),
    "PGP": (
        """\
-----BEGIN PGP PUBLIC KEY BLOCK-----

mQENBFq2rWwBCADXj5oP8xXz1ZCk4M0z3Q0m0o0Wl0S8Yk8wP7c1m0e6q1f3h5y
=abcd
-----END PGP PUBLIC KEY BLOCK-----
""",
        "base64",
    ),
}
STYLES = {
    "as it is": lambda text: text,
    "CR LF": lambda text: text.replace("\n", "\r\n"),
    "fence": lambda text: f"```\n{text}```\n",
    "without its last line": lambda text: "".join(text.splitlines(keepends=True)[:-1] or [text]),
}


SHORT = {name for name, (text, _) in TEXTS.items() if text.count("\n") < 6}
CASES = [(name, style) for name in TEXTS for style in STYLES]
CASES = [(name, style) for name, style in CASES if name not in SHORT or "last" not in style]


@pytest.mark.parametrize(("name", "style"), CASES)
def test_what_a_text_is_is_said_and_it_is_not_read(name: str, style: str) -> None:
    text, word = TEXTS[name]
    text = STYLES[style](text if text.endswith("\n") else text + "\n")
    assert word in what_else(text.encode())
    with pytest.raises(CaptureError) as caught:
        cardlib.read_text(text)
    assert word in caught.value.reason and "\n" not in caught.value.reason


def examples() -> list[bytes]:
    """Texts that are dialogues: the samples, the examples of the page, and the spellings."""
    page = (ROOT / "docs/formats.md").read_text("utf-8")
    blocks = re.findall(r"(?s)```text[^\n]*\n(.*?)```", page)
    spellings = re.split(r"(?m)^## .*\n", (ROOT / "tests/spellings.txt").read_text("utf-8"))
    return [data for _, data in samples()] + [text.encode() for text in (*blocks, *spellings)]


def test_no_dialogue_is_taken_for_something_else() -> None:
    named = {what_else(data[: 1 << 16]) for data in examples()}
    assert named <= {"", "a JSON file"}  # that of nfc-laboratory has a format of its own
    assert len(examples()) > 80


DIALOGUE = "> 00B2010C00\n< 6A83\n"


@pytest.mark.parametrize(
    "name", ["hashes of files", "UUIDs", "git log, a line each", "JSON", "hex dump"]
)
def test_a_dialogue_among_other_lines_is_still_one(name: str) -> None:
    assert what_else((DIALOGUE + TEXTS[name][0]).encode()) == ""


@pytest.mark.parametrize("data", [b"", b"\0\1\2" * 50, b"\xff" * 300, b"hello\n", b"\n\n", b"00"])
def test_of_other_bytes_nothing_is_said(data: bytes) -> None:
    assert what_else(data) == ""
