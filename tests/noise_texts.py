# SPDX-License-Identifier: MIT
"""Made-up texts full of hex that are no dialogue with a card.

python tests/noise_texts.py 17        one of them
"""

from __future__ import annotations

import base64
import random
import sys
import uuid
from collections.abc import Callable, Iterable

Rng = random.Random
Maker = Callable[[Rng], str]
Line = Callable[[Rng, int], str]
WORDS = [
    "added", "facade", "decade", "bead", "cafe", "face", "deed", "beef", "dead", "feed", "fade", "ace",
    "bad", "cab", "dad", "fab", "gas", "the", "of", "and", "a", "to", "is",
]  # fmt: skip


def hexed(rng: Rng, size: int, separator: str = "", upper: bool = False) -> str:
    text = rng.randbytes(size).hex(separator) if separator else rng.randbytes(size).hex()
    return text.upper() if upper else text


def repeated(rng: Rng, line: Callable[[int], str], low: int = 6, high: int = 30) -> str:
    return "\n".join(line(number) for number in range(rng.randint(low, high))) + "\n"


def lines_of(line: Line, head: str = "", tail: str = "") -> Maker:
    """Texts of such lines between a head and a tail."""
    return lambda rng: head + repeated(rng, lambda number: line(rng, number)) + tail


def either(first: Maker, second: Maker) -> Maker:
    """Texts of two forms, as often the one as the other."""

    def make(rng: Rng) -> str:
        if rng.random() < 0.5:
            return first(rng)
        return second(rng)

    return make


def printable(data: bytes) -> str:
    return "".join(chr(value) if 32 <= value < 127 else "." for value in data)


def dump(data: bytes, form: str) -> Iterable[str]:
    for start in range(0, len(data), 16):
        row = data[start : start + 16]
        if form == "xxd":
            pairs = " ".join(row[i : i + 2].hex() for i in range(0, len(row), 2))
            yield f"{start:08x}: {pairs:<39}  {printable(row)}"
        elif form == "od":
            yield f"{start:07o} " + " ".join(row[i : i + 2].hex() for i in range(0, len(row), 2))
        else:
            halves = f"{row[:8].hex(' ')}  {row[8:].hex(' ')}"
            yield f"{start:08x}  {halves:<48}  |{printable(row)}|"


def disassembly(rng: Rng) -> str:
    address = rng.randrange(0x401000, 0x40F000)
    lines = ["", "Disassembly of section .text:", "", f"{address:016x} <main>:"]
    names = [
        "push   %rbp",
        "mov    %rsp,%rbp",
        "sub    $0x20,%rsp",
        "callq  401030 <puts@plt>",
        "lea    0x0(%rip),%rdi",
        "ret",
        "nop",
        "add    %al,(%rax)",
        "jmp    4010f0",
    ]
    for _ in range(rng.randint(8, 40)):
        size = rng.randint(1, 7)
        lines.append(f"  {address:x}:\t{hexed(rng, size, ' '):<21}\t{rng.choice(names)}")
        address += size
    return "\n".join(lines) + "\n"


def arm_disassembly(rng: Rng) -> str:
    start = rng.randrange(0x8000000, 0x8010000, 4)
    names = [
        "push {r4, lr}",
        "ldr r3, [pc, #12]",
        "bl 8000a40",
        "movs r0, #0",
        "bx lr",
        "b.n 80000b2",
    ]
    return repeated(rng, lambda n: f" {start + 2 * n:7x}:\t{hexed(rng, 2)} \t{rng.choice(names)}")


def hash_list(rng: Rng) -> str:
    size = rng.choice([16, 20, 32, 64])
    return repeated(rng, lambda n: f"{hexed(rng, size)}  {rng.choice(WORDS)}{n}.tar.gz")


def bare_hashes(rng: Rng) -> str:
    size, upper = rng.choice([16, 20, 32]), rng.random() < 0.5
    return repeated(rng, lambda n: hexed(rng, size, upper=upper))


def uuids(rng: Rng) -> str:
    form = rng.choice(["{}", "{{{}}}", "id: {}", "{},", '"{}",'])
    return repeated(rng, lambda n: form.format(uuid.UUID(bytes=rng.randbytes(16))))


def hexdump(rng: Rng) -> str:
    form = rng.choice(["-C", "xxd", "od"])
    return "\n".join(dump(rng.randbytes(rng.randint(40, 500)), form)) + "\n"


def text_dump(rng: Rng) -> str:
    text = " ".join(rng.choice(WORDS) for _ in range(rng.randint(20, 80)))
    return "\n".join(dump(text.encode(), rng.choice(["-C", "xxd"]))) + "\n"


def modbus(rng: Rng) -> str:
    def line(number: int) -> str:
        if number % 2:
            return f"RX: 01 03 {2 * 4:02X} {hexed(rng, 8, ' ', True)} {hexed(rng, 2, ' ', True)}"
        return f"TX: 01 03 00 {number:02X} 00 04 {hexed(rng, 2, ' ', True)}"

    return repeated(rng, line)


def uart(rng: Rng) -> str:
    def line(number: int) -> str:
        size = rng.randint(3, 12)
        return (
            f"[{10 + number}.{rng.randrange(999):03d}] {'<>'[number % 2]} "
            f"AA 55 {size:02X} {hexed(rng, size, ' ', True)}"
        )

    return repeated(rng, line)


def c_table(rng: Rng) -> str:
    rows = "\n".join(
        "    " + ", ".join(f"0x{value:02x}" for value in rng.randbytes(12)) + ","
        for _ in range(rng.randint(4, 24))
    )
    return f"#include <stdint.h>\n\nstatic const uint8_t table[] = {{\n{rows}\n}};\n"


def crc_table(rng: Rng) -> str:
    rows = "\n".join(
        "  " + ", ".join(f"0x{hexed(rng, 4)}" for _ in range(6)) + ","
        for _ in range(rng.randint(4, 20))
    )
    return f"static const uint32_t crc32_tab[] = {{\n{rows}\n}};\n"


def mifare_dump(rng: Rng) -> str:
    lines = []
    for sector in range(rng.randint(2, 8)):
        lines.append(f"+Sector: {sector}")
        lines += [rng.choice([hexed(rng, 16, upper=True), "0" * 32]) for _ in range(3)]
        lines.append("FFFFFFFFFFFFFF078069FFFFFFFFFFFF")
    return "\n".join(lines) + "\n"


def ultralight_dump(rng: Rng) -> str:
    return repeated(rng, lambda n: f"[{n:02X}] {hexed(rng, 4, ':', True)}  {n * 4:>4}", 12, 40)


def pem(rng: Rng) -> str:
    text = base64.b64encode(rng.randbytes(rng.randint(100, 900))).decode()
    rows = "\n".join(text[i : i + 64] for i in range(0, len(text), 64))
    name = rng.choice(["CERTIFICATE", "PUBLIC KEY", "RSA PRIVATE KEY"])
    return rng.choice([f"-----BEGIN {name}-----\n{rows}\n-----END {name}-----\n", rows + "\n"])


def ipv6(rng: Rng) -> str:
    def line(number: int) -> str:
        groups = ":".join(f"{rng.randrange(65536):x}" for _ in range(6))
        return rng.choice(
            [
                f"    inet6 2001:db8:{groups}/64 scope global",
                f"fe80::{groups[:14]} dev eth0 lladdr {hexed(rng, 6, ':')} REACHABLE",
            ]
        )

    return repeated(rng, line)


def prose(rng: Rng) -> str:
    def line(number: int) -> str:
        words = [rng.choice([*WORDS, "ADDED", "FACE", "12", "90", "00"]) for _ in range(12)]
        return " ".join(words).capitalize() + "."

    return repeated(rng, line)


def sensors(rng: Rng) -> str:
    mark = rng.choice([",", ";", "\t"])
    head = mark.join(["time", "temperature", "humidity", "raw"])
    return (
        head
        + "\n"
        + repeated(
            rng,
            lambda n: mark.join(
                [
                    f"{n * 10}",
                    f"{rng.uniform(15, 30):.2f}",
                    f"{rng.randint(20, 90)}",
                    f"{rng.randrange(4096)}",
                ]
            ),
        )
    )


def python_source(rng: Rng) -> str:
    def line(number: int) -> str:
        return rng.choice([
            f"    KEY_{number} = 0x{hexed(rng, 2, upper=True)}", f"    def read_{number}(self) -> bytes:",
            f"        return self.bus.read(0x{hexed(rng, 1)}, {number})", "    # the mask is 0xFF00",
            f"MAGIC = b'\\x{hexed(rng, 1)}\\x{hexed(rng, 1)}'", "",
        ])  # fmt: skip

    return "class Device:\n" + repeated(rng, line)


def c_source(rng: Rng) -> str:
    def line(number: int) -> str:
        return rng.choice([
            f"#define REG_{number} 0x{hexed(rng, 2, upper=True)}",
            f"    write_reg(0x{hexed(rng, 1)}, 0x{hexed(rng, 1)});",
            f"    case 0x{hexed(rng, 1, upper=True)}: return -1;", f"    /* {rng.choice(WORDS)} {number} */",
        ])  # fmt: skip

    return repeated(rng, line)


def tcpdump(rng: Rng) -> str:
    lines = []
    for number in range(rng.randint(2, 6)):
        lines.append(
            f"10:00:0{number}.{rng.randrange(999999):06d} IP 10.0.0.1.443 "
            f"> 10.0.0.2.5{number}123: Flags [P.], length 64"
        )
        data = b"\x45\x00\x00\x54" + rng.randbytes(rng.randint(30, 90))
        for start in range(0, len(data), 16):
            row = data[start : start + 16]
            pairs = " ".join(row[i : i + 2].hex() for i in range(0, len(row), 2))
            lines.append(f"\t0x{start:04x}:  {pairs:<39}  {printable(row)}")
    return "\n".join(lines) + "\n"


def registers(rng: Rng) -> str:
    names = ["RAX", "RBX", "RCX", "RDX", "RSI", "RDI", "RBP", "R08", "R09", "R10"]
    head = "BUG: unable to handle page fault for address: ffff" + hexed(rng, 6) + "\n"
    return (
        head
        + repeated(
            rng,
            lambda n: (
                f"[{100 + n}.{rng.randrange(999999):06d}] {rng.choice(names)}: "
                f"{hexed(rng, 8)} {rng.choice(names)}: {hexed(rng, 8)}"
            ),
        )
        + f"Code: {hexed(rng, 20, ' ')} <48> {hexed(rng, 12, ' ')}\n"
    )


def bluetooth(rng: Rng) -> str:
    def line(number: int) -> str:
        size = rng.randint(2, 14)
        kind = rng.choice(
            [
                "< HCI Command: LE Set Advertise Enable (0x08|0x000a) plen 1",
                "> HCI Event: Command Complete (0x0e) plen 4",
            ]
        )
        return f"{kind}\n    {hexed(rng, size, ' ', True)}"

    return repeated(rng, line)


def i2c(rng: Rng) -> str:
    rows = ["     0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f    0123456789abcdef"]
    for row in range(rng.randint(3, 16)):
        data = rng.randbytes(16)
        rows.append(f"{row:x}0: {data.hex(' ')}    {printable(data)}")
    return "\n".join(rows) + "\n"


def characters(rng: Rng) -> str:
    start = rng.randrange(0xA0, 0x2000)
    return repeated(
        rng,
        lambda n: (
            f"U+{start + n:04X}  {chr(start + n).encode('utf-8').hex(' ')} "
            f" {rng.choice(WORDS).upper()}"
        ),
    )


def registry(rng: Rng) -> str:
    rows = ",\\\n  ".join(hexed(rng, 20, ",") for _ in range(rng.randint(2, 6)))
    return (
        "Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\"
        f'SOFTWARE\\Example]\n"Data"=hex:{rows}\n"Id"="{{{uuid.UUID(bytes=rng.randbytes(16))}}}"\n'
    )


def certificate(rng: Rng) -> str:
    rows = "\n".join(
        f"                    {hexed(rng, 15, ':')}:" for _ in range(rng.randint(4, 17))
    )
    return (
        "Certificate:\n    Data:\n        Version: 3 (0x2)\n"
        f"        Serial Number: {hexed(rng, 8, ':')}\n      "
        "      RSA Public-Key: (2048 bit)\n                Modulus:\n"
        f"{rows}\n                Exponent: 65537 (0x10001)\n"
    )


def memory(rng: Rng) -> str:
    start = rng.randrange(1 << 40, 1 << 44)
    return repeated(
        rng, lambda n: f"0x{start + 8 * n:x}:\t" + "\t".join(f"0x{hexed(rng, 1)}" for _ in range(8))
    )


def one_word_rows(rng: Rng) -> str:
    width = rng.choice([4, 8, 16])
    return repeated(rng, lambda n: hexed(rng, width, " ", rng.random() < 0.5))


def json_settings(rng: Rng) -> str:
    cells = ",\n".join(
        f'  "{rng.choice(WORDS)}{n}": "{hexed(rng, rng.choice([2, 4, 16]))}"'
        for n in range(rng.randint(4, 14))
    )
    return "{\n" + cells + "\n}\n"


# Each kind by its name; a seed takes them in this order.
MAKERS: dict[str, Maker] = {
    "disassembly": disassembly,
    "arm disassembly": arm_disassembly,
    "hash list": hash_list,
    "bare hashes": bare_hashes,
    "uuids": uuids,
    "hexdump": hexdump,
    "text dump": text_dump,
    "git log": either(
        lines_of(lambda rng, n: f"{hexed(rng, 4)[:7]} Fix the {rng.choice(WORDS)}"),
        lines_of(
            lambda rng, n: (
                f"commit {hexed(rng, 20)}\nAuthor: A B <a@example.org>\n"
                f"Date:   Mon Mar 4 10:{n:02}:00 2024 +0100\n\n    Add "
                f"{rng.choice(WORDS)}\n"
            )
        ),
    ),
    "can log": either(
        lines_of(
            lambda rng, n: f"  can0  {rng.randrange(0x7FF):03X}   [8]  {hexed(rng, 8, ' ', True)}"
        ),
        lines_of(
            lambda rng, n: (
                f"({1700000000 + n}.{rng.randrange(999999):06d}) can0 "
                f"{rng.randrange(0x7FF):03X}#{hexed(rng, 8, upper=True)}"
            )
        ),
    ),
    "modbus": modbus,
    "uart": uart,
    "c table": c_table,
    "crc table": crc_table,
    "mifare dump": mifare_dump,
    "ultralight dump": ultralight_dump,
    "mac table": either(
        lines_of(lambda rng, n: f"? (192.168.1.{n}) at {hexed(rng, 6, ':')} [ether] on eth0"),
        lines_of(
            lambda rng, n: (
                f"  {rng.randint(1, 99):>4}    {hexed(rng, 2)}.{hexed(rng, 2)}.{hexed(rng, 2)} "
                f"   DYNAMIC     Gi0/{n}"
            )
        ),
    ),
    "pem": pem,
    "ipv6": ipv6,
    "colours": either(
        lines_of(
            lambda rng, n: f".c{n} {{ color: #{hexed(rng, 3)}; background: #{hexed(rng, 3)[:3]}; }}"
        ),
        lines_of(lambda rng, n: f"#{hexed(rng, 3, upper=True)}  {rng.choice(WORDS)} {n}"),
    ),
    "prose": prose,
    "sensors": sensors,
    "integers": lines_of(
        lambda rng, n: (
            "[" + ", ".join(str(rng.randrange(256)) for _ in range(rng.randint(3, 12))) + "]"
        )
    ),
    "python source": python_source,
    "c source": c_source,
    "tcpdump": tcpdump,
    "packet list": lines_of(
        lambda rng, n: (
            f"{n + 1} {n * 0.013:.6f} 192.168.0.{n} 192.168.0.1 TCP "
            f"{rng.randint(60, 1500)} 443 → 5{n}12 [ACK] Seq={rng.randrange(9999)} "
            "Ack=1 Win=501"
        ),
        head="No. Time Source Destination Protocol Length Info\n",
    ),
    "fingerprints": lines_of(lambda rng, n: f"2048 MD5:{hexed(rng, 16, ':')} user{n}@host (RSA)"),
    "registers": registers,
    "stack trace": lines_of(
        lambda rng, n: (
            f"#{n}  0x{hexed(rng, 8)} in {rng.choice(WORDS)}_{n} "
            f"(arg=0x{hexed(rng, 2)}) at {rng.choice(WORDS)}.c:{rng.randint(1, 900)}"
        )
    ),
    "usb devices": lines_of(
        lambda rng, n: (
            f"Bus 00{n % 9} Device 0{n:02d}: ID {hexed(rng, 2)}:{hexed(rng, 2)} "
            f"Example Corp. {rng.choice(WORDS)}"
        )
    ),
    "bluetooth": bluetooth,
    "i2c": i2c,
    "intel hex": lines_of(
        lambda rng, n: f":10{n * 16:04X}00{hexed(rng, 16, upper=True)}{hexed(rng, 1, upper=True)}",
        tail=":00000001FF\n",
    ),
    "s records": lines_of(
        lambda rng, n: f"S113{n * 16:04X}{hexed(rng, 16, upper=True)}{hexed(rng, 1, upper=True)}",
        tail="S9030000FC\n",
    ),
    "gps": lines_of(
        lambda rng, n: (
            f"$GPGGA,1235{n:02},4807.{rng.randrange(999):03d},N,01131.000,"
            f"E,1,08,0.9,545.4,M,46.9,M,,*{hexed(rng, 1, upper=True)}"
        )
    ),
    "midi": lines_of(lambda rng, n: f"F0 43 10 {hexed(rng, rng.randint(3, 8), ' ', True)} F7"),
    "characters": characters,
    "register list": lines_of(lambda rng, n: f"0x{n * 4:04X}: 0x{hexed(rng, 4, upper=True)}"),
    "access log": lines_of(
        lambda rng, n: (
            f'10.0.0.{n} - - [12/Mar/2024:10:00:{n:02} +0000] "GET '
            f'/{hexed(rng, 4)} HTTP/1.1" 200 {rng.randrange(9999)}'
        )
    ),
    "registry": registry,
    "certificate": certificate,
    "serial numbers": lines_of(
        lambda rng, n: "-".join(hexed(rng, 2, upper=True) for _ in range(4))
    ),
    "ledger": lines_of(
        lambda rng, n: f"0x{hexed(rng, 32)}  0x{hexed(rng, 20)}  {rng.uniform(0, 9):.4f} ETH"
    ),
    "radio payloads": lines_of(
        lambda rng, n: (
            f"2024-03-04T10:{n:02}:00Z dev={hexed(rng, 8, upper=True)} "
            f"fcnt={n} port=2 payload={hexed(rng, rng.randint(4, 16), upper=True)} "
            f"rssi=-{rng.randint(60, 120)}"
        )
    ),
    "card numbers": lines_of(lambda rng, n: f"UID: {hexed(rng, rng.choice([4, 7]), ' ', True)}"),
    "config": lines_of(
        lambda rng, n: f'{rng.choice(WORDS)}_{n} = "{hexed(rng, rng.choice([4, 8, 16]))}"'
    ),
    "yaml": lines_of(
        lambda rng, n: f"  - id: {n}\n    address: 0x{hexed(rng, 1)}\n    key: {hexed(rng, 16)}",
        head="devices:\n",
    ),
    "memory": memory,
    "atr list": lines_of(
        lambda rng, n: (
            f"3B {hexed(rng, rng.randint(6, 17), ' ', True)}\n\tExample "
            f"card {rng.choice(WORDS)} {n}"
        )
    ),
    "key log": lines_of(lambda rng, n: f"CLIENT_RANDOM {hexed(rng, 32)} {hexed(rng, 48)}"),
    "one word rows": one_word_rows,
    "partition": lines_of(
        lambda rng, n: (
            f"/dev/sda{n + 1}  {n * 2048:>10} {n * 2048 + 2047:>10}  1M  {hexed(rng, 1)}  Linux"
        )
    ),
    "json settings": json_settings,
    "lock file": lines_of(
        lambda rng, n: (
            f"{rng.choice(WORDS)}=={n}.{rng.randint(0, 9)} \\\n    --hash=sha256:{hexed(rng, 32)}"
        )
    ),
    "bus spy": lines_of(
        lambda rng, n: (
            f"SPI {'MOSI' if n % 2 else 'MISO'} {hexed(rng, rng.randint(1, 10), ' ', True)}"
        )
    ),
}


def noise(seed: int) -> tuple[str, str]:
    """A kind and a text; the kinds come in turn."""
    kind = list(MAKERS)[seed % len(MAKERS)]
    return kind, MAKERS[kind](random.Random(seed))


if __name__ == "__main__":
    sys.stdout.write(noise(int(sys.argv[1]))[1])
