"""From what was measured to the document that is printed: names, medians, ratios and aims."""

from __future__ import annotations

import pytest

from benchmarks import results
from benchmarks.filling import LIFE, rounds_for
from benchmarks.measuring import QUESTIONS, Samples

PROMISED = {
    "post_http_1", "post_http_8", "post_in_process", "post_bulk", "availability_p95_ms", "availability_growth",
    "export", "verify", "availability_item_p95_ms", "availability_class_p95_ms", "search_p95_ms", "as_of_year_p95_ms",
    "availability_item_growth", "availability_class_growth", "search_growth", "as_of_year_growth",
    "availability_item_to_sql", "availability_class_to_sql", "search_to_sql", "as_of_year_to_sql",
}  # fmt: skip


def samples(*, times: float = 1.0) -> Samples:
    """Return samples in which everything takes `times` as long, limits aside."""
    made = Samples()
    for name in ("pgbench_1", "pgbench_8", "inserts_1", "inserts_10", "copy", "copy_tables"):
        made.add(name, 90_000, 100_000, 5_000_000)
    for name in ("post_http_1", "post_http_8", "post_in_process_1", "post_in_process_8", "post_bulk_1", "post_bulk_10"):
        made.add(name, 50_000 / times)
    made.add("export", 50_000 / times)
    made.add("verify", 50_000 / times)
    for name in QUESTIONS:
        made.add(f"{name}_call", *(times * value for value in range(1, 12)))
        made.add(f"{name}_sql", *range(1, 12))
        made.add(f"{name}_http", *(times * value for value in range(1, 12)))
    return made


def test_the_document_holds_what_was_promised() -> None:
    document = results.document({"cores": 2}, [(100_000, samples()), (1_000_000, samples())])
    assert set(document) >= {"machine", "lines", "limits", "figures", "ratios"}
    assert document["lines"] == 1_000_000
    assert set(document["ratios"]) >= PROMISED
    assert document["ratios"]["post_http_8"] == 0.5  # one turn that went wild moves no median
    assert document["ratios"]["availability_growth"] == document["ratios"]["as_of_year_growth"] == 1
    assert document["ratios"]["search_to_sql"] == 1
    assert all(results.reached(document).values())


def test_a_store_that_was_only_asked_questions_leaves_the_other_figures_standing() -> None:
    asked = Samples()
    asked.add("availability_call", 2, 2)
    asked.add("availability_http", 30, 30)
    document = results.document({}, [(100_000, samples()), (1_000_000, asked)])
    assert document["ratios"]["post_http_8"] == 0.5
    assert document["ratios"]["availability_p95_ms"] == 30
    assert not results.reached(document)["availability_p95_ms"]


@pytest.mark.parametrize("name", sorted(results.AIMS))
def test_every_aim_can_be_missed(name: str) -> None:
    document = results.document({}, [(100_000, samples()), (1_000_000, samples(times=40))])
    assert not results.reached(document)[name]


@pytest.mark.parametrize("lines", [10_000, 100_000, 240_000, 1_000_000, 10_000_000])
def test_no_store_ends_with_its_piles_empty(lines: int) -> None:
    assert rounds_for(lines) >= 2
    assert rounds_for(lines) % LIFE
