# SPDX-License-Identifier: MIT
"""What happens to a SIM: a phone starts with it, networks challenge it, its toolkit and its operator speak."""

from __future__ import annotations

import spellings

from traces.makers import ota
from traces.makers.applets import Toolkit
from traces.makers.phone import Phone
from traces.makers.rsa_keys import SIM_KEYS
from traces.makers.subscriber import Network, Subscriber
from traces.makers.times import Tape
from traces.makers.uicc import Uicc

K, OPC = (bytes.fromhex(value) for value in SIM_KEYS)
SQN = 0x2000
NEW_NAME = b"\x01" + b"New Operator".ljust(16, b"\xff")
# SELECT the application and its file of the operator's name (TS 102 226, 8.2)
INTO_NAME = bytes.fromhex("00A40004027FFF" + "00A40004026F46")
WRITE_NAME = INTO_NAME + bytes.fromhex("00D6000011") + NEW_NAME
# The same, then the emergency numbers and the language, read back one by one
LONG_WORK = WRITE_NAME + bytes.fromhex(
    "00A40004026FB7" "00DC01040D" "11F2FF" "456D657267656E6379" "00"
    "00A40004026F05" "00D6000004" "656E6672"
    "00A40004026F31" "00D6000001" "03"
    "00A40004026F78" "00D6000002" "0008"
    "00A40004026F46" "00B0000011"
)  # fmt: skip
OPEN = ota.Terms(0x00, ota.RECEIPT, 0x00, 0x00)
SPYING = ota.Terms(0x00, 0x00, 0x00, 0x00, ota.BROWSER)


class Story:
    """A card, a phone and a network, and the tape of what they say."""

    def __init__(
        self, name: str, seed: int, toolkit: Toolkit | None = None, **traits: bool
    ) -> None:
        subscriber = Subscriber(K, OPC, SQN)
        self.card = Uicc(subscriber, toolkit or Toolkit(), **traits)
        self.network = Network(K, OPC, SQN, seed)
        self.tape = Tape(name, seed, "T=0")
        self.phone = Phone(self.tape.over(self.card.answer))

    def power_on(self) -> None:
        """The card gets power and says its ATR."""
        self.tape.power_on(self.card.power_on())

    def begin(self) -> None:
        """Power, then up to the service."""
        self.power_on()
        self.serve()

    def serve(self) -> None:
        """From the ATR to the service, with one authentication."""
        self.phone.start()
        answer, _ = self.phone.authenticate(self.network.challenge())
        self.phone.keep_keys(answer)


def started() -> Story:
    """A phone starts, its network proves itself, IMS starts, too."""
    story = Story("usim_start", 81)
    story.power_on()
    starts(story)
    return story


def starts(story: Story) -> None:
    """What the phone does after power-up."""
    story.serve()
    story.phone.start_ims()
    story.phone.status()


def replayed() -> Story:
    """The same; then somebody plays back the challenge that the phone has answered, three times."""
    story = Story("attack_usim_replay", 81)
    story.power_on()
    story.phone.start()
    challenge = story.network.challenge()
    answer, _ = story.phone.authenticate(challenge)
    story.phone.keep_keys(answer)
    for _ in range(3):
        story.phone.authenticate(challenge)
    story.phone.status()
    return story


def downgraded() -> Story:
    """The same; then a base station asks as in 2G, without a proof, and the card answers."""
    story = Story("attack_usim_2g", 81, answers_2g=True)
    story.begin()
    story.phone.authenticate_2g(story.network.challenge())
    story.phone.status()
    return story


def without_pin() -> Story:
    """A card whose PIN is off: nobody is asked for anything."""
    story = Story("usim_no_pin", 82, pin_enabled=False)
    story.begin()
    return story


def _network_behind(name: str) -> Story:
    """A phone that has started; the counter of its network is lower than that of the card."""
    story = Story(name, 83)
    story.network.sqn = SQN - 0x200
    story.power_on()
    story.phone.start()
    return story


def resynchronised() -> Story:
    """The network has counted behind the card: AUTS tells it where to go on."""
    story = _network_behind("usim_resync")
    challenge = story.network.challenge()
    answer, _ = story.phone.authenticate(challenge)
    story.network.resynchronise(challenge, answer[2:])
    story.phone.authenticate(story.network.challenge())
    return story


def out_of_step() -> Story:
    """A network that knows the key and never hears AUTS: one refusal after another."""
    story = _network_behind("attack_usim_series")
    for _ in range(4):
        story.phone.authenticate(story.network.challenge())
    return story


def menu() -> Story:
    """A menu of three items: the user reads his balance, asks for help, has something updated."""
    story = Story("toolkit_menu", 84)
    story.begin()
    for item in (1, 2, 3):
        story.phone.choose(item)
    return story


def spied_on() -> Story:
    """A message for a browser in the card: it asks where the phone is and sends that away; the user sees nothing."""
    receiver = ota.Receiver(is_careless=True)
    story = Story("attack_toolkit_silent", 84, Toolkit(receiver, is_spying=True))
    story.begin()
    story.phone.choose(1)
    story.phone.bring_all(ota.closed_command(SPYING, 1, b"\x01where are you"))
    return story


def updated() -> Story:
    """The operator writes a new name, then more than one message holds; both packets ciphered and proved."""
    story = Story("ota_update", 85)
    story.begin()
    story.phone.bring_all(ota.closed_command(ota.Terms(), 1, WRITE_NAME))
    story.phone.bring_all(ota.closed_command(ota.Terms(), 2, LONG_WORK))
    story.phone.read("6F46")
    return story


def opened() -> Story:
    """A card that takes packets from anybody: no checksum, no cipher, and the name is written."""
    story = Story("attack_ota_open", 85, Toolkit(ota.Receiver(is_careless=True)))
    story.begin()
    story.phone.bring_all(ota.closed_command(OPEN, 1, WRITE_NAME))
    story.phone.read("6F46")
    return story


def without_pin_as_hex() -> bytes:
    """In the spelling of people."""
    title = "A SIM whose PIN is off; > is the phone, < the card"
    return spellings.hexpairs(without_pin().tape, title)


MAKERS = {
    "usim_start.pcapng": lambda: spellings.gsmtap(started().tape),
    "attack_usim_replay.pcapng": lambda: spellings.gsmtap(replayed().tape),
    "attack_usim_2g.pcapng": lambda: spellings.gsmtap(downgraded().tape),
    "usim_no_pin.hex.txt": without_pin_as_hex,
    "usim_resync.card.jsonl": lambda: spellings.card(resynchronised().tape, "usim_resync"),
    "attack_usim_series.card.jsonl": lambda: spellings.card(
        out_of_step().tape, "attack_usim_series"
    ),
    "toolkit_menu.at.txt": lambda: spellings.at_commands(menu().tape),
    "attack_toolkit_silent.at.txt": lambda: spellings.at_commands(spied_on().tape),
    "ota_update.simtrace.txt": lambda: spellings.simtrace(updated().tape),
    "attack_ota_open.simtrace.txt": lambda: spellings.simtrace(opened().tape),
}
