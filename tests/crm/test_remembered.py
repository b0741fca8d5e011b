from collections.abc import Iterator
from typing import Any

import pytest

from crm.remembered import Remembered


@pytest.fixture
def numbers() -> Iterator[int]:
    return iter(range(100))


def test_a_setting_is_read_once_while_it_is_young(numbers: Iterator[int], settings: Any) -> None:
    settings.REMEMBERED_SECONDS = 3600
    remembered = Remembered(lambda: next(numbers))

    assert [remembered.get(), remembered.get()] == [0, 0]


def test_a_change_counts_once_what_is_known_is_too_old(
    numbers: Iterator[int], settings: Any
) -> None:
    settings.REMEMBERED_SECONDS = 3600
    remembered = Remembered(lambda: next(numbers))
    remembered.get()

    settings.REMEMBERED_SECONDS = 0

    assert [remembered.get(), remembered.get()] == [1, 2]


def test_what_could_not_be_read_is_read_again(settings: Any) -> None:
    settings.REMEMBERED_SECONDS = 3600
    answers: list[Any] = [OSError("away"), 7]

    def read() -> int:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return int(answer)

    remembered = Remembered(read)
    with pytest.raises(OSError, match="away"):
        remembered.get()

    assert remembered.get() == 7
