"""The figures as text."""

from benchmarks.guardrails.measure import Figures, Rate


def write_table(figures: Figures) -> str:
    return "\n".join(
        [
            f"{'':34}{'validation':>22}{'test':>22}{'whole':>22}",
            _row("injection prompts caught", figures.attacks),
            _row("  by words alone", figures.attacks_by_words),
            *(_row(f"  false alarms, {name}", rate) for name, rate in figures.false_alarms.items()),
            "",
            f"{'wish for a person (NLU++)':34}{'precision':>10}{'recall':>10}{'F1':>10}",
            *(
                f"  {name:32}{of.precision:10.3f}{of.recall:10.3f}{of.f1:10.3f}"
                f"   {of.right} right, {of.false} false, {of.missed} missed"
                for name, of in figures.wishes.items()
            ),
            "",
            _describe_times(figures),
        ]
    )


def _describe_times(figures: Figures) -> str:
    return (
        f"all rules on a short message: p50 {figures.milliseconds_p50:.1f} ms, "
        f"p95 {figures.milliseconds_p95:.1f} ms; "
        f"without its vectors p95 {figures.milliseconds_p95_without_vectors:.1f} ms"
    )


def _row(name: str, rate: Rate) -> str:
    parts = (rate.validation, rate.test, rate.whole)
    return f"{name:34}" + "".join(f"{_share(*part):>22}" for part in parts)


def _share(count: int, total: int) -> str:
    return f"{count}/{total} ({100 * count / total:.2f} %)" if total else "-"
