"""The nearest pairs of many passages, however many there are."""

import numpy as np

from agent.gaps.pairs import Rows, find_nearest_pairs


def make_rows(count: int) -> Rows:
    generator = np.random.default_rng(7)
    vectors = generator.normal(size=(count, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    numbers = np.arange(count)
    return Rows(vectors, owners=numbers // 3, groups=numbers % 2)


def compare_each(rows: Rows, *, above: float) -> list[tuple[int, int]]:
    count = len(rows.vectors)
    likeness = {
        (left, right): float(rows.vectors[left] @ rows.vectors[right])
        for left in range(count)
        for right in range(left + 1, count)
        if rows.owners[left] != rows.owners[right] and rows.groups[left] == rows.groups[right]
    }
    near = [pair for pair, value in likeness.items() if value >= above]
    return sorted(near, key=lambda pair: -likeness[pair])


def test_the_pairs_are_those_that_comparing_each_with_each_finds() -> None:
    rows = make_rows(300)  # more than one block
    expected = compare_each(rows, above=0.5)
    assert len(expected) > 1_000
    assert find_nearest_pairs(rows, above=0.5, limit=100_000) == expected


def test_of_too_many_the_nearest_are_kept() -> None:
    rows = make_rows(300)
    expected = compare_each(rows, above=0.5)[:50]
    assert find_nearest_pairs(rows, above=0.5, limit=50) == expected


def test_nothing_is_near_where_nothing_is() -> None:
    none = np.empty(0, np.int64)
    assert (
        find_nearest_pairs(Rows(np.empty((0, 8), np.float32), none, none), above=0, limit=5) == []
    )
