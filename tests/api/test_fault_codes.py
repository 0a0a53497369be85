"""Every code that a refusal can carry is explained on the page of problems, in both languages; none is left over."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from logistics import problems, wire
from logistics.faults import CODES, FAMILIES, explained

ROOT = Path(settings.BASE_DIR)
# What makes a fault, and the place of its code among the arguments.
MAKERS: Final = {
    "Fault": 1, "fault": 2, "RuleError": 0, "CodeError": 0, "InputError": 0, "PydanticCustomError": 0, "Warned": 99,
}  # fmt: skip
# Codes that come out of an expression: why a pile may not be issued, and refusals told as faults.
REASONED: Final = {"expired", "on-hold", "awaiting-disposal", "period-closed", "already-reversed", "consignment-moved"}
REASONED_TOO: Final = {"serial-elsewhere"}


def literal_codes() -> Iterator[tuple[str, str]]:
    """Yield every code that is written out where a fault is made, with its place."""
    for room in ("logistics", "depots", "inventory"):
        for file in (ROOT / room).rglob("*.py"):
            if "migrations" in file.parts:
                continue
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name not in MAKERS:
                    continue
                place = MAKERS[name]
                given = [*node.args[place : place + 1], *(word.value for word in node.keywords if word.arg == "code")]
                for argument in given:
                    for leaf in outcomes(argument):
                        yield leaf, f"{file.relative_to(ROOT)}:{node.lineno}"


def outcomes(node: ast.expr) -> Iterator[str]:
    """Yield the texts an argument may come to."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from outcomes(body)
            yield from outcomes(orelse)


USED: Final = dict(literal_codes())
SPOKEN: Final = {code for code, _ in wire._MEANINGS.values()} | {wire._UNFIT[0], "decimal"}
KNOWN: Final = USED.keys() | SPOKEN | REASONED | REASONED_TOO


def test_every_code_is_explained() -> None:
    assert len(USED) > 80, "the search finds what makes faults"
    assert sorted(f"{code} at {USED.get(code)}" for code in KNOWN if explained(code) is None) == []


def test_no_explanation_is_left_of_a_code_that_is_gone() -> None:
    assert sorted(CODES.keys() - KNOWN) == []
    for part in FAMILIES:
        assert any(code.startswith(part) if part[-1] == "_" else code.endswith(part) for code in KNOWN), part


@pytest.mark.parametrize("code", sorted(CODES.keys() | FAMILIES.keys()))
def test_a_code_is_explained_in_both_languages(code: str) -> None:
    told = CODES.get(code) or FAMILIES[code]
    with translation.override("en"):
        english = str(told)
    with translation.override("vi"):
        vietnamese = str(told)
    assert english.endswith(".")
    assert vietnamese.endswith(".")
    assert vietnamese != english


@pytest.mark.parametrize("slug", sorted(problems.MEANINGS))
def test_a_problem_is_explained_in_both_languages(slug: str) -> None:
    kinds = [kind for kind in problems.refusals() if kind.slug == slug]
    told = [*problems.MEANINGS[slug], *(kind.title for kind in kinds)]
    with translation.override("en"):
        english = [translation.gettext(str(text)) for text in told]
    with translation.override("vi"):
        vietnamese = [translation.gettext(str(text)) for text in told]
    assert all(english)
    assert all(vi != en for vi, en in zip(vietnamese, english, strict=True)), slug


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_page_of_problems_lists_every_code(language: str) -> None:
    page = Client().get("/problems/", headers={"Accept-Language": language}).content.decode()
    for code in CODES:
        assert f'id="code-{code.replace(chr(39), "&#x27;")}"' in page
