"""The keeper of a worker's jobs outlives whatever goes wrong at a look."""

import asyncio

from config.abandoned import Keeper


class _Stumbling(Keeper):
    """Fails at the first look, in a way that no database would."""

    def __init__(self) -> None:
        super().__init__(pause=0.01)
        self.looks = 0
        self.went_on = asyncio.Event()

    async def look(self, suspects: set[int]) -> set[int]:
        self.looks += 1
        if self.looks == 1:
            raise RuntimeError("no error of a database")
        self.went_on.set()
        return suspects


def test_whatever_a_look_raises_the_next_one_comes() -> None:
    async def tend() -> int:
        keeper = _Stumbling()
        tending = asyncio.create_task(keeper.tend())
        await asyncio.wait_for(keeper.went_on.wait(), 30)
        tending.cancel()
        return keeper.looks

    assert asyncio.run(tend()) >= 2
