"""What customers write, from the sample company's messages."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import yaml

from benchmarks.scratch import ROOT
from channels.models import ChannelConfig

CHANNELS = ("web", "email", "whatsapp")
# So many messages that the knowledge base answers come on one that is for people.
_ANSWERABLE = 9
_LONGEST = 600


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a conversation; `turn` counts from 0 within it."""

    marker: str
    channel: str
    conversation: int
    turn: int
    text: str


def read_texts() -> list[tuple[str, int]]:
    """Each message, and how often to choose it."""
    messages = yaml.safe_load((ROOT / "sample_company/messages.yaml").read_text())
    short = [one for one in messages if len(one["message"]) < _LONGEST]
    answered = [one["message"] for one in short if one["expect"]["action"] == "answer"]
    others = [one["message"] for one in short if one["expect"]["action"] != "answer"]
    return [
        *((text, _ANSWERABLE * len(others)) for text in answered),
        *((text, len(answered)) for text in others),
    ]


def write_script(
    texts: Sequence[tuple[str, int]],
    *,
    count: int,
    length: int,
    seed: int,
    channels: Sequence[str] = CHANNELS,
) -> list[Line]:
    """`count` messages in conversations of `length`, the channels in turn; the form opens a
    ticket for each."""
    rng = random.Random(seed)
    words, weights = zip(*texts, strict=True)
    lines = []
    for number in range(count):
        conversation = number // length
        channel = channels[conversation % len(channels)]
        marker = f"ref-{number:05d}"
        text = f"{rng.choices(words, weights)[0]} ({marker})"
        lines.append(Line(marker, channel, conversation, number % length, text))
    return lines


def lift_caps() -> None:
    """Nobody asks ten questions in ten minutes, and here everybody does: without this the desk
    takes them for machines and leaves them to people."""
    ChannelConfig.objects.update(daily_cap=None)
