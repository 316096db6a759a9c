# SPDX-License-Identifier: MIT
"""SCP11: what is no key agreement, then two published dialogues (variants a and c), and b there and back.

The dialogues, their keys and the certificate are the test data of an open implementation of Amendment F (Samsung
OpenSCP, Apache 2.0); the card's own session keys are not in them, so that a right receipt and right MACs prove ours.
"""

from __future__ import annotations

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.crypto.curves import Curve, domain_of
from cardlib.crypto.scp11 import Agreement, HostKeys, agreed, derived

P_256 = 12
STATIC = 0xA5116B848D41BD93737F187ABC03886BF7A80422D150025109C6749F45BB9B6D
ONE_TIME = 0xB69D2D4A2544B5938ED3C4F6319810837E4DBBEFF115BD9955607E8CDBBBACE5
HOST = HostKeys(ONE_TIME, STATIC)
CARD = (
    "044F92A07D168C309959EED99E288381DD192979CD452D8FBE1F163447979207C5"
    "E6CD1F4DD11609E2100C033BBD723BE78B71477E64883EB41EC366713E44AF1E"
)
HOST_POINT = (
    "0470B0BD7863E90E32DA5401188354D1F41999442FDFDCBA7472B7F1E5DBBF8A32"
    "F92D9D4F9D55C60D57D39BD6D7973306CEA55F7A86884096651A9CCAC8239C92"
)
A = {
    "command": "A60D9002110195013C8001888101105F4941" + HOST_POINT,
    "answer": "5F4941"
    "0492CAFD79D7E39EA433611E9AAD9742D85B3BD06F3D6055D7CDE28FC44D0AB556"
    "BC0F94D2100D87727FDFA2B49033C78F07A30AA8D5A6A505E59F99FCDFB25266"
    "86100B63C42C2D5138936FF5894F10C1234F",
    "sent": "E1EE3A92EF45551E8464A252F997230DC4E84F41BA692405",
    "received": "DC8D7D92F77BB20F4AEA2C2EB70A7D93C5F0EA0F27D193679C3D1C970BED8F73"
    "C394C63A201C8D367A9F0990146D1FF5CEC2E5F90F6956EF241D2CC899BA25B964FFFB799F4C4246",
}
C = {
    "command": "A60D9002110395013C8001888101105F4941" + HOST_POINT,
    "answer": "5F4941" + CARD + "86100B9394B90AEC0BC62F1F024E6D748ADD",
    "sent": "D2AAA03B2F7B80150EEB1A62CE525FA9B98055B95E2E35A4",
    "received": "A05ADFADAF85CD3E9FCBBC05597FFA61B6328C799934B35A92AA3ABC3B7596FD"
    "6E77F30C5A7D6758A2636A26FF81C1A9643C189D834565C153D34A1901B1D706411CE2DC076B5177",
}
GET_STATUS = bytes.fromhex("84F22000")
each = pytest.mark.parametrize("dialogue", [A, C], ids=["SCP11a", "SCP11c"])


def curve() -> Curve:
    domain = domain_of(P_256)
    assert isinstance(domain, Curve)
    return domain


def agreement(dialogue: dict[str, str], keys: HostKeys = HOST) -> Agreement:
    command, answer = (bytes.fromhex(dialogue[name]) for name in ("command", "answer"))
    return agreed(curve(), keys, bytes.fromhex(CARD), command, answer)


BAD = {
    "no template": (("A60D", "A70D"), "without what keys are derived from"),
    "no key length": (("810110", "820110"), "without what keys are derived from"),
    "DES": (("800188", "800180"), "keys of AES"),
    "15 bytes": (("810110", "81010F"), "keys of AES"),
    "another use": (("95013C", "950110"), "key usage 10"),
}


@pytest.mark.parametrize(("change", "reason"), BAD.values(), ids=BAD)
def test_what_is_no_agreement(change: tuple[str, str], reason: str) -> None:
    with pytest.raises(NotVerifiable) as caught:
        agreement(A | {"command": A["command"].replace(*change)})
    assert reason in caught.value.reason


@pytest.mark.parametrize("answer", ["", A["answer"][:-34], A["answer"].replace("0492CA", "0492CB")])
def test_what_is_no_answer(answer: str) -> None:
    """Nothing, an answer without a receipt, a key that is no point of the curve."""
    with pytest.raises(NotVerifiable):
        agreement(A | {"answer": answer})


@each
def test_nothing_else_makes_the_receipt(dialogue: dict[str, str]) -> None:
    wrong = (
        agreement(dialogue, HostKeys(ONE_TIME, STATIC + 1)),
        agreement(dialogue, HostKeys(ONE_TIME)),
        agreement(dialogue | {"answer": dialogue["answer"][:-2] + "00"}),
        agreement(dialogue | {"command": dialogue["command"].replace("9002", "9102")}),
    )
    assert not any(other.is_right for other in wrong)


@each
def test_a_published_dialogue_is_opened(dialogue: dict[str, str]) -> None:
    """GET STATUS of the load files, in the old form: each with its AID behind a length, then its state."""
    made = agreement(dialogue)
    assert made.is_right
    command, session = made.session.open_command(GET_STATUS, bytes.fromhex(dialogue["sent"]))
    assert (command.data, command.is_right) == (b"\x4f\x00", True)
    answer = session.open_answer(bytes.fromhex(dialogue["received"]), b"\x90\x00")
    assert answer.is_right and answer.data
    assert answer.data.startswith(bytes.fromhex("08A00000015141434C0100"))
    spoiled, _ = made.session.open_command(GET_STATUS, bytes.fromhex(dialogue["sent"][:-2] + "00"))
    assert spoiled.is_right is False and spoiled.data is None


@each
def test_a_published_command_is_made_again(dialogue: dict[str, str]) -> None:
    sent, _ = agreement(dialogue).session.wrap(GET_STATUS, b"\x4f\x00")
    assert sent.hex().upper() == dialogue["sent"]


def test_a_session_without_a_static_key_of_the_host() -> None:
    """SCP11b: host and card with keys of their own reach the same session, and not that of SCP11a."""
    card_one_time, card_static = 7, 11
    points = [curve().times(number, curve().base) for number in (5, card_one_time, card_static)]
    host_point, one_time_point, static_point = map(curve().written, points)
    command = bytes.fromhex("A60D9002110095013C8001888101105F4941") + host_point
    answered = b"\x5f\x49\x41" + one_time_point
    host = agreed(curve(), HostKeys(5), static_point, command, answered + b"\x86\x10" + bytes(16))
    receipt = host.session.chain
    again = agreed(curve(), HostKeys(5), static_point, command, answered + b"\x86\x10" + receipt)
    assert again.is_right and not host.is_right
    shared = curve().written(curve().times(card_one_time, points[0]))[1:33]
    secret = shared + curve().written(curve().times(card_static, points[0]))[1:33]
    enc = derived(secret, bytes.fromhex("3C8810"), 80)[16:32]
    assert again.session.enc == enc
