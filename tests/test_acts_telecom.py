# SPDX-License-Identifier: MIT
"""Toolkit sessions, secured packets and profile downloads: halves and broken ones first, then what became of them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import cardlib
from cardlib.acts import Act
from cardlib.core.model import Proof
from conftest import ROOT

MESSAGES = tomllib.loads((ROOT / "tests/vectors/telecom_messages.toml").read_text("utf-8"))
ESIM = tomllib.loads((ROOT / "tests/vectors/telecom_esim.toml").read_text("utf-8"))
USIM = "> 00A4040007A0000000871002\n< 9000\n"
ISD_R = "> 00A4040010A0000005591010FFFFFFFF8900000100\n< 9000\n"
HELLO = "D0118103012180820281028D060448656C6C6F"
MENU = "D02081030125008202818285044D656E758F080142616C616E63658F050248656C70"
DONE = "810301{kind}820282818301{result}"


def act_of(text: str, keys: tuple[Path, ...] = ()) -> Act:
    (act,) = cardlib.acts(cardlib.read_text(text), keys=keys)
    return act


def sent(ins: str, data: str, answer: str = "") -> str:
    return f"> 80{ins}0000{len(data) // 2:02X}{data}\n< {answer}9000\n"


def fetch(command: str) -> str:
    return f"> 80120000{len(command) // 2:02X}\n< {command}9000\n"


def answer(kind: str, result: str = "00", more: str = "", number: str = "01") -> str:
    size = len(result) // 2
    return sent("14", f"8103{number}{kind}8202828183{size:02X}{result}{more}")


SESSIONS = [
    ("no answer of the phone", fetch(HELLO), "DISPLAY TEXT 'Hello': no answer of the phone"),
    ("shown", fetch(HELLO) + answer("2180"), "DISPLAY TEXT 'Hello': shown in exchange 1"),
    (
        "an answer to another command",
        fetch(HELLO) + answer("2180", number="02"),
        "",
    ),
    (
        "the phone could not",
        fetch(HELLO) + answer("2180", "2001"),
        "terminal unable to process the command now (screen busy)",
    ),
    (
        "two commands in a row",
        fetch(HELLO) + fetch(MENU) + answer("2500"),
        "DISPLAY TEXT 'Hello': no answer of the phone in exchange 1, then SET UP MENU of 2 items: "
        "Balance, Help: shown in exchange 2",
    ),
    (
        "a choice in a menu",
        fetch(MENU) + answer("2500") + sent("C2", "D30782020181900102"),
        "SET UP MENU of 2 items: Balance, Help: shown in exchange 1, then user chose 2 (Help)",
    ),
    (
        "a choice that is not in the menu",
        fetch(MENU) + answer("2500") + sent("C2", "D30782020181900109"),
        "then user chose 9 in exchange 3",
    ),
    ("a choice without its menu", sent("C2", "D30782020181900102"), "user chose 2 in exchange 1"),
    (
        "a choice in the answer",
        fetch(MENU.replace("012500", "012400")) + answer("2400", "00", "900101"),
        "SELECT ITEM of 2 items: Balance, Help: performed; user chose 1 (Balance)",
    ),
    (
        "an event",
        sent("C2", "D60E19010982028281B8028100B70110"),
        "event: data available in exchange 1",
    ),
    ("a timer", sent("C2", "D70C82028281A40101A503003000"), "timer 1 expired in exchange 1"),
]


@pytest.mark.parametrize(
    ("text", "words"), [row[1:] for row in SESSIONS], ids=[r[0] for r in SESSIONS]
)
def test_what_the_toolkit_did(text: str, words: str) -> None:
    act = act_of(USIM + text)
    assert words in act.headline
    assert act.kind == "toolkit" or not words


def test_what_a_user_wrote_is_not_told() -> None:
    text_string = "8D0704736563726574"
    text = fetch(HELLO.replace("012180", "012300")) + answer("2300", "00", text_string)
    act = act_of(USIM + text)
    assert "secret" not in act.headline
    assert "GET INPUT" in act.headline


def test_a_long_text_is_shortened() -> None:
    text = "41" * 100
    command = f"D0718103012180820281028D6504{text}"
    assert f"'{'A' * 40}...': shown" in act_of(USIM + fetch(command) + answer("2180")).headline


def test_old_things_are_counted() -> None:
    act = act_of(USIM + (fetch(HELLO) + answer("2180")) * 7)
    assert act.headline.startswith("USIM: 3 earlier commands and reports of the toolkit, then ")
    assert len(act.steps) == 8


KEYS = """
[[key]]
use = "ota-kic"
index = "{index}"
value = "{kic}"
[[key]]
use = "ota-kid"
index = "{index}"
value = "{kid}"
"""
KIC, KID = "300102030405060708090A0B0C0D0E0F", "301102030405060708090A0B0C0D0E0F"
PACKET = "00201506193535B00011AE733256918D050B87C94FBFE12E4DC402F262C41CF67F2F"
RECEIPT = "027100001C12B000118BB989492C632529326A2F4681FEB37C825BC9021C9F6D0B"


def envelope(packet: str, receipt: str = "") -> str:
    """A short message with a packet, and what the card answers."""
    data = f"027000{packet}"
    message = f"400881214365877FF622705200000000{len(data) // 2:02X}{data}"
    objects = f"820283818B{len(message) // 2:02X}{message}"
    return USIM + sent("C2", f"D1{len(objects) // 2:02X}{objects}", receipt)


def keys(folder: Path, index: str = "03", kic: str = KIC, kid: str = KID) -> tuple[Path, ...]:
    file = folder / "keys.toml"
    file.write_text(KEYS.format(index=index, kic=kic, kid=kid), "utf-8")
    return (file,)


def verdicts(act: Act) -> list[tuple[str, str]]:
    return [(proof.name, proof.verdict) for proof in act.proofs]


def test_a_packet_without_keys_is_not_checkable() -> None:
    (proof,) = act_of(envelope(PACKET)).proofs
    assert (proof.verdict, proof.reason) == (
        "not checkable",
        "no key given for ciphering (ota-kic) and for checksums (ota-kid)",
    )


BROKEN = [
    ("another key set", {"index": "04"}, PACKET, "not checkable"),
    ("another key for checksums", {"kid": KIC}, PACKET, "failed"),
    ("another key for ciphering", {"kic": KID}, PACKET, "failed"),
    ("a key of a wrong length", {"kic": KIC[:16]}, PACKET, "not checkable"),
    ("a changed byte", {}, PACKET[:-2] + "2E", "failed"),
    ("a changed TAR", {}, PACKET.replace("B00011", "B00010"), "failed"),
    ("the packet", {}, PACKET, "verified"),
]


@pytest.mark.parametrize(
    ("changes", "packet", "verdict"), [row[1:] for row in BROKEN], ids=[r[0] for r in BROKEN]
)
def test_a_packet_with_keys(
    tmp_path: Path, changes: dict[str, str], packet: str, verdict: str
) -> None:
    act = act_of(envelope(packet), keys(tmp_path, **changes))
    assert verdicts(act) == [("command packet", verdict)]


def test_packet_and_receipt_are_opened(tmp_path: Path) -> None:
    command, response = act_of(envelope(PACKET, RECEIPT), keys(tmp_path)).proofs
    assert (command.verdict, command.reason) == ("verified", "in clear: SELECT")
    assert dict(command.facts)["secured data"].hex().upper() == "00A40004023F00"
    assert response.verdict == "verified"
    assert response.reason == "in clear: done, 1 commands, last 6132"
    assert response.evidence[0].side == "response"


def test_a_changed_receipt_fails(tmp_path: Path) -> None:
    act = act_of(envelope(PACKET, RECEIPT[:-2] + "0A"), keys(tmp_path))
    assert verdicts(act) == [("command packet", "verified"), ("response packet", "failed")]


def test_a_packet_in_words() -> None:
    plain = "00150D00013535B0000000000000000000A40000023F00"
    receipt = "027100000E0AB0000000000000000001612F"
    act = act_of(envelope(plain, receipt.replace("01612F", "0001612F")))
    assert "secured packet for B00000 (no checksum, not ciphered); proof of receipt: done" in (
        act.headline
    )
    assert "secured packet for B00011 (cryptographic checksum, ciphered)" in (
        act_of(envelope(PACKET)).headline
    )


def stored(*objects: str) -> str:
    """Objects in one block each."""
    lines = []
    for data in objects:
        asked, _, response = data.partition("/")
        lines.append(f"> 80E29100{len(asked) // 2:02X}{asked}\n< {response}9000\n")
    return ISD_R + "".join(lines)


CHALLENGE = "BF2E00/BF2E1280100102030405060708090A0B0C0D0E0F10"
SERVER = "BF3800/BF3802A000"
PREPARED = "BF2100/BF2102A000"
SEGMENTS = [row["hex"] for row in ESIM["segment"]]
CHANNEL = "BF368180BF2303820101"
LOADED = (CHANNEL, *SEGMENTS)
ELEMENT = "860900" + "00" * 8

DOWNLOADS = [
    (
        "broke at the server",
        (CHALLENGE, "BF3800/BF3809A1078002AABB020101"),
        "profile download: initiate; broke at authenticate: authentication failed: invalid certificate",
    ),
    (
        "broke at the preparation",
        (CHALLENGE, SERVER, "BF2100/BF2109A1078002AABB020104"),
        "initiate, authenticate; broke at prepare: preparation failed: no session context",
    ),
    (
        "broke while loading",
        (CHALLENGE, SERVER, PREPARED, *LOADED, f"{ELEMENT}/BF370FBF270CA20AA108800105810108"),
        "broke at load the profile: installation failed: profile elements, "
        "security of a segment (SCP03t)",
    ),
    (
        "the end is not there",
        (CHALLENGE, SERVER, PREPARED, *LOADED),
        "initiate, authenticate, prepare, load the profile; the capture ends before its result",
    ),
    (
        "installed",
        (CHALLENGE, SERVER, PREPARED, *LOADED, f"{ELEMENT}/BF3710BF270DA20BA0094F05A0000005590400"),
        "load the profile (1 command of profile elements); installed",
    ),
    (
        "cancelled",
        (CHALLENGE, SERVER, "BF4106800100810100/BF4102A000"),
        "profile download: initiate, authenticate, cancel; cancelled",
    ),
]


@pytest.mark.parametrize(
    ("objects", "words"), [r[1:] for r in DOWNLOADS], ids=[r[0] for r in DOWNLOADS]
)
def test_how_a_download_went(objects: tuple[str, ...], words: str) -> None:
    act = act_of(stored(*objects))
    assert (act.kind, words in act.headline) == ("download", True), act.headline
    assert act.steps[0].name == "initiate"


def bsp_keys(folder: Path, change: int = 0) -> tuple[Path, ...]:
    session = ESIM["session"]
    material = "".join(session[name] for name in ("initial_mac_chaining", "s_enc", "s_mac"))
    changed = f"{int(material, 16) ^ change:096X}"
    file = folder / "bsp.toml"
    file.write_text(f'[[key]]\nuse = "bsp"\nvalue = "{changed}"\n', "utf-8")
    return (file,)


def proofs_of(folder: Path, *segments: str, change: int = 0) -> tuple[Proof, ...]:
    return act_of(stored(CHANNEL, *segments), bsp_keys(folder, change)).proofs


def test_segments_are_opened_with_the_keys_of_the_download(tmp_path: Path) -> None:
    proofs = proofs_of(tmp_path, *SEGMENTS)
    assert [(proof.verdict, proof.reason) for proof in proofs] == [
        ("verified", "in clear: ConfigureISDP"),
        ("verified", "in clear: StoreMetadata"),
        ("verified", "in clear: ReplaceSessionKeys"),
    ]


def test_a_wrong_segment_and_those_behind_it_are_not_verified(tmp_path: Path) -> None:
    first, second, third = SEGMENTS
    for segments in ((first, second[:-2] + "00", third), (first, third, second)):
        proofs = proofs_of(tmp_path, *segments)
        assert [proof.verdict for proof in proofs] == ["verified", "failed", "not checkable"]
    assert proofs_of(tmp_path, *SEGMENTS, change=1)[0].verdict == "failed"
    (proof,) = act_of(stored(CHANNEL, *SEGMENTS)).proofs
    assert proof.reason == "no keys of the download given (bsp)"


def test_profiles_are_listed_without_their_numbers() -> None:
    row = next(row for row in ESIM["call"] if row["name"] == "GetProfilesInfo")
    act = act_of(f"{ISD_R}> {row['command']}\n< {row['answer']}9000\n")
    words = "2 profiles: Operational Profile Name 1 enabled, TS48V1-B-UNIQUE disabled"
    assert words in act.headline
    assert (
        "this-is-a-testprofile" not in act.headline and "89000123456789012341" not in act.headline
    )


def part(content: str, number: int, count: int = 2, reference: str = "5A", packet: str = "") -> str:
    """An ENVELOPE with one part of a message for the card."""
    header = f"0003{reference}{count:02X}{number:02X}{packet}"
    data = f"{len(header) // 2:02X}{header}{content}"
    message = f"400881214365877FF622705200000000{len(data) // 2:02X}{data}"
    objects = f"820283818B{len(message) // 2:02X}{message}"
    return sent("C2", f"D1{len(objects) // 2:02X}{objects}")


ANNOUNCED = {"packet": "7000"}
HALF, OTHER = PACKET[:40], PACKET[40:]
IN_PARTS = [
    ("both parts", part(HALF, 1, **ANNOUNCED) + part(OTHER, 2), True),
    ("the second part first", part(OTHER, 2) + part(HALF, 1, **ANNOUNCED), True),
    ("a part twice", part(HALF, 1, **ANNOUNCED) * 2 + part(OTHER, 2), True),
    ("one part alone", part(HALF, 1, **ANNOUNCED), False),
    ("parts of two messages", part(HALF, 1, **ANNOUNCED) + part(OTHER, 2, reference="5B"), False),
    ("a part of another count", part(HALF, 1, **ANNOUNCED) + part(OTHER, 2, count=3), False),
    ("no packet announced", part(HALF, 1) + part(OTHER, 2), False),
    ("a part number beyond the count", part(HALF, 3, **ANNOUNCED) + part(OTHER, 2), False),
    ("part zero", part(HALF, 0, **ANNOUNCED) + part(OTHER, 2), False),
]


@pytest.mark.parametrize(
    ("text", "is_whole"), [row[1:] for row in IN_PARTS], ids=[row[0] for row in IN_PARTS]
)
def test_a_packet_in_several_messages(tmp_path: Path, text: str, is_whole: bool) -> None:
    act = act_of(USIM + text, keys(tmp_path))
    expected = [("command packet", "verified")] if is_whole else []
    assert verdicts(act) == expected
    assert ("in 2 messages" in act.headline) == is_whole


def test_the_evidence_of_a_packet_is_in_all_of_its_parts(tmp_path: Path) -> None:
    (proof,) = act_of(USIM + IN_PARTS[0][1], keys(tmp_path)).proofs
    assert [place.exchange for place in proof.evidence] == [1, 2]


def test_a_part_says_which_it_is() -> None:
    assert "part 1 of 2" in act_of(USIM + part(HALF, 1, **ANNOUNCED)).headline


def test_many_parts_without_an_end_are_forgotten(tmp_path: Path) -> None:
    waiting = "".join(
        part(HALF, 1, reference=f"{number:02X}", packet="7000") for number in range(80)
    )
    act = act_of(USIM + waiting + part(OTHER, 2, reference="00"), keys(tmp_path))
    assert verdicts(act) == []
    act = act_of(USIM + waiting + part(OTHER, 2, reference="4F"), keys(tmp_path))
    assert verdicts(act) == [("command packet", "verified")]


def test_a_choice_in_a_menu_that_was_set_up_before_the_application_was_selected() -> None:
    text = fetch(MENU) + answer("2500") + USIM + sent("C2", "D30782020181900102")
    acts = cardlib.acts(cardlib.read_text("> 00A40004023F00\n< 9000\n" + text))
    assert "user chose 2 (Help)" in acts[-1].headline
    new_session = "> 00A40004023F00\n< 9000\n" + fetch(MENU) + answer("2500") + "ATR: 3B00\n"
    acts = cardlib.acts(cardlib.read_text(new_session + USIM + sent("C2", "D30782020181900102")))
    assert "user chose 2 in" in acts[-1].headline


def test_profile_elements_have_their_names_where_they_begin() -> None:
    root = Path(__file__).resolve().parent.parent / "traces"
    (act,) = cardlib.acts(root / "esim_download.card.jsonl", keys=[root / "makers/keyring.toml"])
    assert [proof.reason for proof in act.proofs][3:] == [
        "in clear: header, MF, PIN codes",
        "in clear: USIM, keys of authentication (AKA)",
        "in clear: end",
    ]
