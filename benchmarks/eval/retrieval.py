"""Search on help centres whose right articles are known, as `benchmarks.retrieval` measures it."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from benchmarks.eval.figures import DataMissing, Figure

_MEASUREMENT = "benchmarks.retrieval.measurement"


def measure_retrieval(folder: Path) -> list[Figure]:
    """Of each set, by the half that no choice saw. Raises DataMissing."""
    if find_spec("benchmarks.retrieval") is None:
        raise DataMissing("There is no benchmarks.retrieval.")
    rows = [row for row in import_module(_MEASUREMENT).measure(folder) if row.part == "test"]
    best = {
        name: max(row.mrr for row in rows if row.set == name and row.method != "fused")
        for name in {row.set for row in rows}
    }
    figures = []
    for row in rows:
        name = f"{row.set}, {row.method}"
        note = f"{row.questions} {row.asked}, test half"
        figures.append(Figure("search", f"{name}: hit@5", 100 * row.hit_at_5, note=note))
        figures.append(
            Figure("search", f"{name}: MRR", row.mrr, "", "> alone", row.mrr > best[row.set])
            if row.method == "fused"
            else Figure("search", f"{name}: MRR", row.mrr, "")
        )
    return figures
