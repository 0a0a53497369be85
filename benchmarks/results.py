"""From samples to figures, limits and ratios, and how they are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.table import Table

from benchmarks.measuring import CLIENTS, QUESTIONS, Samples


class Aim(NamedTuple):
    """What a ratio should reach: at least, or at most, so much."""

    text: str
    is_reached: Callable[[Mapping[str, float]], bool]


BULK_LINES_PER_S: Final = 20_000
# The figures that planners are promised, by the question they are taken from.
PROMISED: Final = {
    "availability_item": "availability",
    "availability_class": "availability_class",
    "search": "search",
    "as_of_year": "as_of",
}


def _least(name: str, value: float) -> Aim:
    return Aim(f"≥ {value}", lambda ratios: ratios[name] >= value)


def _most(name: str, value: float, unit: str = "") -> Aim:
    return Aim(f"≤ {value}{unit}", lambda ratios: ratios[name] <= value)


AIMS: Final[dict[str, Aim]] = {
    "post_http_8": _least("post_http_8", 0.12),
    "post_in_process": _least("post_in_process", 0.25),
    "post_bulk": Aim(
        f"≥ 0.5, or {BULK_LINES_PER_S:,} lines/s",
        lambda ratios: ratios["post_bulk"] >= 0.5 or ratios["post_bulk_lines_per_s"] >= BULK_LINES_PER_S,
    ),
    "availability_p95_ms": _most("availability_p95_ms", 20, " ms"),
    "availability_growth": _most("availability_growth", 1.3),
    "export": _least("export", 0.4),
    "availability_item_p95_ms": _most("availability_item_p95_ms", 100, " ms"),
    "availability_class_p95_ms": _most("availability_class_p95_ms", 100, " ms"),
    "search_p95_ms": _most("search_p95_ms", 100, " ms"),
    "as_of_year_p95_ms": _most("as_of_year_p95_ms", 300, " ms"),
    **{f"{name}_growth": _most(f"{name}_growth", 1.5) for name in PROMISED},
}

_LIMITS: Final = {
    "pgbench_1": "pgbench_1_per_s",
    f"pgbench_{CLIENTS}": "pgbench_8_per_s",
    "inserts_1": "inserts_1_line_lines_per_s",
    "inserts_10": "inserts_10_lines_lines_per_s",
    "copy": "copy_rows_per_s",
    "copy_tables": "copy_of_tables_rows_per_s",
}
_FIGURES: Final = {
    "post_http_1": "post_http_1_per_s",
    "post_http_8": "post_http_8_per_s",
    "post_http_1_p50_ms": "post_http_1_p50_ms",
    "post_http_1_p95_ms": "post_http_1_p95_ms",
    "post_http_8_p50_ms": "post_http_8_p50_ms",
    "post_http_8_p95_ms": "post_http_8_p95_ms",
    "post_in_process_1": "post_in_process_1_per_s",
    "post_in_process_8": "post_in_process_8_per_s",
    "post_bulk_1": "post_bulk_1_line_lines_per_s",
    "post_bulk_10": "post_bulk_10_lines_lines_per_s",
    "export": "export_rows_per_s",
    "verify": "verify_rows_per_s",
    "verify_lines": "verify_lines_per_s",
}
_PEAKS: Final = ("export_peak_mib", "verify_peak_mib")


def document(machine: Mapping[str, Any], taken: Sequence[tuple[int, Samples]]) -> dict[str, Any]:
    """Return what `--json` prints; at its top stand the limits, figures and ratios of the largest store with them."""
    stores = {str(lines): _store(samples) for lines, samples in taken}
    top: dict[str, dict[str, float]] = {"limits": {}, "figures": {}, "ratios": {}}
    for store in stores.values():
        for part, values in store.items():
            top[part] |= values
    (_, small), (_, large) = taken
    for name in QUESTIONS:
        for percent in (50, 95):
            before, after = (one.percentile(f"{name}_call", percent) for one in (small, large))
            if before and after:
                key = f"{name}_growth" if percent == 95 else f"{name}_growth_p50"
                top["ratios"][key] = _short(after / before)
    for shown, name in PROMISED.items():
        if value := top["ratios"].get(f"{name}_growth"):
            top["ratios"][f"{shown}_growth"] = value
    peaks = [samples.middle("export_peak_mib") for _, samples in taken]
    if peaks[0] and peaks[1]:
        top["ratios"]["export_memory_growth"] = _short(peaks[1] / peaks[0])
    return {"machine": dict(machine), "lines": max(lines for lines, _ in taken), **top, "stores": stores}


def _store(samples: Samples) -> dict[str, dict[str, float]]:
    limits = _named(samples, _LIMITS | {f"{name}_sql": f"{name}_sql_p50_ms" for name in QUESTIONS})
    figures = _named(samples, _FIGURES) | _named(samples, {name: name for name in _PEAKS})
    for name in QUESTIONS:
        for way in ("call", "http"):
            for percent in (50, 95):
                if value := samples.percentile(f"{name}_{way}", percent):
                    figures[f"{name}_{way}_p{percent}_ms"] = _short(value)
    pairs = {
        "post_http_1": ("post_http_1", "pgbench_1"),
        "post_http_8": ("post_http_8", "pgbench_8"),
        "post_in_process": ("post_in_process_8", "pgbench_8"),
        "post_in_process_1": ("post_in_process_1", "pgbench_1"),
        "post_bulk": ("post_bulk_10", "inserts_10"),
        "post_bulk_1_line": ("post_bulk_1", "inserts_1"),
        "export": ("export", "copy"),
        "export_of_tables": ("export", "copy_tables"),
        "verify": ("verify", "copy_tables"),
    }
    ratios = {}
    for name, (figure, limit) in pairs.items():
        ours, bound = samples.middle(figure), samples.middle(limit)
        if ours and bound:
            ratios[name] = _short(ours / bound)
    if value := samples.middle("post_bulk_10"):
        ratios["post_bulk_lines_per_s"] = _short(value)
    for name in QUESTIONS:
        if value := samples.percentile(f"{name}_http", 95):
            ratios[f"{name}_p95_ms"] = _short(value)
    for shown, name in PROMISED.items():
        over_http, bare = samples.middle(f"{name}_http"), samples.middle(f"{name}_sql")
        if over_http and bare:
            ratios[f"{shown}_to_sql"] = _short(over_http / bare)
        if value := samples.percentile(f"{name}_http", 95):
            ratios[f"{shown}_p95_ms"] = _short(value)
    return {"limits": limits, "figures": figures, "ratios": ratios}


def _named(samples: Samples, names: Mapping[str, str]) -> dict[str, float]:
    found = {shown: samples.middle(name) for name, shown in names.items()}
    return {shown: _short(value) for shown, value in found.items() if value is not None}


def _short(value: float) -> float:
    """Return a figure without digits that mean nothing."""
    return round(value) if value >= 1_000 else round(value, 3 if value < 10 else 1)


def reached(document: Mapping[str, Any]) -> dict[str, bool]:
    """Return, for each ratio that has an aim, whether it is reached; what was not measured is not."""
    ratios = document["ratios"]
    return {name: name in ratios and aim.is_reached(ratios) for name, aim in AIMS.items()}


def show(document: Mapping[str, Any], console: Console) -> None:
    """Print the tables."""
    machine = document["machine"]
    console.print(
        f"{machine['cores']} cores, {machine['memory_gib']} GiB, PostgreSQL {machine['postgresql']}, Python "
        f"{machine['python']}, Django {machine['django']}; load {machine['load'][0]}; took {machine['seconds']} s",
        highlight=False,
    )
    stores = document["stores"]
    for part in ("limits", "figures"):
        table = Table(title=part.capitalize(), title_justify="left")
        table.add_column("", no_wrap=True)
        for lines in stores:
            table.add_column(f"{int(lines):,} lines", justify="right")
        for name in document[part]:
            table.add_row(name, *(_cell(store[part].get(name)) for store in stores.values()))
        console.print(table)
    good = reached(document)
    table = Table(title="Ratios", title_justify="left")
    table.add_column("", no_wrap=True)
    for lines in stores:
        table.add_column(f"{int(lines):,} lines", justify="right")
    table.add_column("counts", justify="right")
    table.add_column("aim")
    table.add_column("")
    for name, value in document["ratios"].items():
        mark = "" if name not in good else "[green]reached[/green]" if good[name] else "[red]missed[/red]"
        aim = AIMS[name].text if name in AIMS else ""
        table.add_row(name, *(_cell(store["ratios"].get(name)) for store in stores.values()), _cell(value), aim, mark)
    console.print(table)


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:,}"
