"""`load_reference`: facts arrive once, with their history, and never overwrite what a site decided."""

import csv
import io

import pytest
from django.core.management import call_command

from depots.models import Province
from inventory.catalogue.models import DangerousGood, ItemGroup, QualityGrade, ReservePurpose, SupplyClass, Unit
from logistics import history, reference
from logistics.accounts.models import User

pytestmark = pytest.mark.django_db

TABLES = {
    "units": Unit,
    "supply_classes": SupplyClass,
    "item_groups": ItemGroup,
    "quality_grades": QualityGrade,
    "reserve_purposes": ReservePurpose,
    "un_numbers": DangerousGood,
    "provinces": Province,
}


def load(**options):
    out = io.StringIO()
    call_command("load_reference", stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def loaded():
    return load()


@pytest.mark.parametrize(("fixture", "model"), TABLES.items())
def test_loads_every_row_with_one_history_entry_naming_fixture_and_date(loaded, fixture, model):
    assert model.objects.count() == model.history.count() == len(reference.facts(fixture))
    told = set(model.history.values_list("history_change_reason", "source", "history_user__login"))
    assert told == {(f"Loaded fixtures/{fixture}.csv of 2026-11-22", "command", User.COMMANDS)}


def test_the_date_it_names_is_the_fixtures_own():
    readme = " ".join((reference.FOLDER / "README.md").read_text(encoding="utf-8").split())
    assert f"State of {reference.STATE_DATE}" in readme


def test_values_arrive_in_their_columns(loaded):
    assert Unit.objects.get(code="KGM").scale == 3
    assert Unit.objects.get(code="BX").kind == Unit.Kind.PACKAGE
    assert ItemGroup.objects.get(supply_class="QN", number="03").name == "lương khô, khẩu phần"
    assert [grade.grade for grade in QualityGrade.objects.filter(awaits_disposal=True)] == [5]
    fenced = ReservePurpose.objects.filter(is_ring_fenced=True).values_list("code", flat=True)
    assert set(fenced) == {"SSCD", "DU_TRU_QUOC_GIA"}
    assert DangerousGood.objects.get(number="1203").hazard_class == "3"
    assert list(Province.objects.filter(code="24").values_list("name", flat=True)) == ["Bắc Giang", "Bắc Ninh"]
    centre = Province.objects.get(code="01", valid_from="2025-07-01").centre
    assert (centre.x, centre.y) == (105.70, 21.00)


def test_again_it_writes_nothing(loaded):
    before = {model: model.history.count() for model in TABLES.values()}
    again = load()
    assert {model: model.history.count() for model in TABLES.values()} == before
    assert [line for line in again.splitlines() if not line.split(": ")[1].startswith("0 new, 0 changed")] == []


def test_a_changed_fact_is_written_alone(loaded, tmp_path, monkeypatch):
    rows = reference.facts("units")
    for row in rows:
        row["name_vi"] = "cân" if row["code"] == "KGM" else row["name_vi"]
    monkeypatch.setattr(reference, "FOLDER", _folder_with(tmp_path, "units", rows))
    was = Unit.objects.get(code="KGM").updated_at
    assert "units: 0 new, 1 changed, 30 as before" in load()
    changed = Unit.objects.get(code="KGM")
    assert changed.name == "cân"
    assert changed.updated_at > was
    assert list(changed.history.values_list("history_type", flat=True)) == ["~", "+"]


def test_what_the_site_changed_is_kept_and_said(loaded):
    grade = QualityGrade.objects.get(grade=2)
    grade.name = "đã dùng, dùng tốt"
    with history.changing(by=None, reason="The branch's own rule", source=history.Source.WEB):
        grade.save()
    said = load()
    assert "quality_grades: 0 new, 0 changed, 4 as before" in said
    assert "kept as this site changed it: 2 đã dùng, dùng tốt" in said
    assert QualityGrade.objects.get(grade=2).name == "đã dùng, dùng tốt"


def _folder_with(folder, fixture, rows):
    for file in reference.FOLDER.glob("*.csv"):
        (folder / file.name).write_bytes(file.read_bytes())
    with (folder / f"{fixture}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return folder
