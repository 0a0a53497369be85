"""What a file may be for: which fields it fills, what its template calls them, and how its rows go in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from django.utils import translation
from django.utils.translation import gettext as _

import depots.importing
import inventory.catalogue.importing
import inventory.norms.importing
from depots.access import DepotAccess
from depots.models import Level
from inventory.catalogue.models import Item, ReservePurpose
from inventory.ledger.kinds import RULES, Sign
from inventory.ledger.models import Kind
from inventory.openings import crosswalk
from inventory.openings.models import Meaning, Purpose, Upload
from inventory.vouchers.importing import movements
from inventory.vouchers.importing.columns import MOVEMENTS, OPENING
from inventory.vouchers.importing.documents import Defaults
from logistics import mappings
from logistics.imports import Import, Job, Outcome
from logistics.mappings import MappingFile, Target
from logistics.search import fold

DAYS: Final = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d")  # no text is two days by them


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """One purpose. `heads`: the template's columns in order, by target, in Vietnamese and in English.

    `notes` are columns of the template that only help whoever fills it in: they are not read.
    """

    targets: Sequence[Target]
    heads: Mapping[str, tuple[str, str]]
    notes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    lookups: Mapping[str, str] = field(default_factory=dict)


SORTS: Final[dict[str, Sort]] = {
    Purpose.OPENING: Sort(
        targets=OPENING,
        heads={
            "item": ("Mã vật chất", "Item code"),
            "unit": ("Đơn vị tính", "Unit"),
            "quantity": ("Số lượng", "Quantity"),
            "lot": ("Số lô", "Lot"),
            "expires_on": ("Hạn dùng", "Last day of use"),
            "bin": ("Vị trí", "Bin"),
            "grade": ("Phân cấp", "Grade"),
            "purpose": ("Mục đích", "Purpose"),
            "unit_price": ("Đơn giá", "Unit price"),
            "temperature": ("Nhiệt độ, °C", "Temperature, °C"),
            "density": ("Khối lượng riêng, kg/m³", "Density, kg/m³"),
            "line_reason": ("Ghi chú", "Note"),
        },
        notes={"name": ("Tên vật chất", "Item name")},
        lookups={"unit": "name"},
    ),
    Purpose.MOVEMENTS: Sort(
        targets=MOVEMENTS,
        heads={
            "document": ("Số chứng từ", "Document"),
            "kind": ("Loại", "Kind"),
            "occurred_at": ("Ngày", "Date"),
            "item": ("Mã vật chất", "Item code"),
            "unit": ("Đơn vị tính", "Unit"),
            "quantity": ("Số lượng", "Quantity"),
            "lot": ("Số lô", "Lot"),
            "expires_on": ("Hạn dùng", "Last day of use"),
            "bin": ("Vị trí", "Bin"),
            "grade": ("Phân cấp", "Grade"),
            "purpose": ("Mục đích", "Purpose"),
            "unit_price": ("Đơn giá", "Unit price"),
            "temperature": ("Nhiệt độ, °C", "Temperature, °C"),
            "density": ("Khối lượng riêng, kg/m³", "Density, kg/m³"),
            "counterparty": ("Bên giao, nhận", "Giver or receiver"),
            "order_number": ("Số lệnh", "Order number"),
            "reason": ("Lý do", "Reason"),
        },
        notes={"name": ("Tên vật chất", "Item name")},
        lookups={"unit": "name"},
    ),
    Purpose.CATALOGUE: Sort(
        targets=inventory.catalogue.importing.ITEMS,
        heads={
            "code": ("Mã vật chất", "Item code"),
            "external_code": ("Mã của ngành", "Branch's code"),
            "name": ("Tên vật chất", "Item name"),
            "name_en": ("Tên tiếng Anh", "English name"),
            "specification": ("Quy cách", "Specification"),
            "group": ("Nhóm", "Group"),
            "base_unit": ("Đơn vị tính", "Unit"),
            "tracking": ("Theo dõi", "Tracking"),
            "shelf_life_days": ("Hạn dùng, ngày", "Shelf life, days"),
            "gtin": ("GTIN", "GTIN code"),
            "package_unit": ("Bao gói", "Package"),
            "package_factor": ("Số trong một bao gói", "Units in a package"),
        },
        lookups={"base_unit": "name", "package_unit": "name"},
    ),
    Purpose.DEPOTS: Sort(
        targets=depots.importing.DEPOTS,
        heads={
            "code": ("Mã kho", "Depot code"),
            "name": ("Tên kho", "Depot name"),
            "unit": ("Mã đơn vị", "Unit code"),
            "level": ("Cấp", "Level"),
            "branch": ("Ngành", "Branch"),
            "province": ("Mã tỉnh", "Province code"),
            "lon": ("Kinh độ", "Longitude"),
            "lat": ("Vĩ độ", "Latitude"),
            "address": ("Địa chỉ", "Address"),
            "opened_on": ("Ngày mở", "Opened on"),
            "bin": ("Vị trí", "Bin"),
            "bin_name": ("Tên vị trí", "Bin name"),
        },
    ),
    Purpose.NORMS: Sort(
        targets=inventory.norms.importing.NORMS,
        heads={
            "unit": ("Mã đơn vị", "Unit code"),
            "depot": ("Mã kho", "Depot code"),
            "item": ("Mã vật chất", "Item code"),
            "purpose": ("Mục đích", "Purpose"),
            "required": ("Định mức", "Required"),
            "valid_from": ("Từ ngày", "Valid from"),
            "valid_to": ("Đến ngày", "Valid to"),
            "basis": ("Căn cứ", "On whose order"),
        },
        notes={"name": ("Tên vật chất", "Item name")},
    ),
    Purpose.CROSSWALK: Sort(
        targets=crosswalk.CODES,
        heads={
            "program": ("Chương trình", "Program"),
            "their_code": ("Mã của chương trình", "Their code"),
            "item": ("Mã vật chất", "Item code"),
            "valid_from": ("Từ ngày", "Valid from"),
            "valid_to": ("Đến ngày", "Valid to"),
        },
        notes={"name": ("Tên vật chất", "Item name")},
    ),
}
LANGUAGES: Final = ("vi", "en")

# Fields that templates leave out, for whoever says which column of another program's file is which.
_OTHER_HEADS: Final[dict[str, tuple[str, str]]] = {
    "document": ("Số chứng từ", "Document"),
    "occurred_at": ("Ngày", "Date"),
    "scheduled_quantity": ("Số lượng theo chứng từ", "Quantity by document"),
    "counterparty": ("Bên giao, nhận", "Giver or receiver"),
    "order_number": ("Số lệnh", "Order number"),
    "order_date": ("Ngày lệnh", "Order date"),
    "reason": ("Lý do", "Reason"),
    "line_reason": ("Ghi chú", "Note"),
    "temperature": ("Nhiệt độ, °C", "Temperature, °C"),
    "density": ("Khối lượng riêng, kg/m³", "Density, kg/m³"),
    "to_depot": ("Đến kho", "To depot"),
    "consignment": ("Chuyến hàng", "Consignment"),
    "to_bin": ("Đến vị trí", "To bin"),
    "to_grade": ("Sang phân cấp", "To grade"),
    "to_purpose": ("Sang mục đích", "To purpose"),
    "old_names": ("Tên cũ", "Older names"),
    "supply_class": ("Ngành", "Branch"),
    "gross_weight_kg": ("Trọng lượng cả bì, kg", "Gross weight, kg"),
    "nsn": ("NSN", "NSN"),
    "un_number": ("Số UN", "UN number"),
    "classification": ("Độ mật", "Classification"),
    "is_active": ("Còn dùng", "In use"),
    "province_on": ("Mã tỉnh theo ngày", "Province code as of"),
    "closed_on": ("Ngày đóng", "Closed on"),
}


def head(sort: Sort, name: str, language: str) -> str:
    """Return what the template calls a target or note in a language, or would call it."""
    words = {**_OTHER_HEADS, **sort.heads, **sort.notes}.get(name, (name, name))
    return words[LANGUAGES.index(language)]


def template_mapping(purpose: str, columns: Iterable[str]) -> MappingFile | None:
    """Return how our template is read, in the language its columns are in; None for another file.

    A template may lack columns that nothing needs and may have more than ours; case and marks of heads do not count.
    """
    sort = SORTS[purpose]
    there = {fold(column): column for column in columns}
    needed = {target.name for target in sort.targets if target.is_required} & set(sort.heads)
    for language in LANGUAGES:
        heads = {name: there.get(fold(head(sort, name, language)), "") for name in sort.heads}
        if not all(heads[name] for name in needed):
            continue
        fields: dict[str, Any] = {}
        for name, column in heads.items():
            if not column:
                continue
            spec: dict[str, Any] = {"column": column}
            if name in WORDS:
                spec["values"] = words(name, language)
            if name in sort.lookups:
                spec["lookup"] = sort.lookups[name]
            fields[name] = spec
        document = {"for": purpose, "dates": list(DAYS), "decimal": "," if language == "vi" else ".", "fields": fields}
        return mappings.of_document(document, sort.targets, purpose=purpose, name=str(Purpose(purpose).label))
    return None


def kinds() -> dict[str, tuple[str, ...]]:
    """Return the words that may stand for each kind of movement in a template."""
    return {kind: tuple(dict.fromkeys(_KIND_WORDS[kind])) for kind in _KIND_WORDS}


_KIND_WORDS: Final[dict[str, tuple[str, str]]] = {
    Kind.RECEIPT: ("nhập", "receipt"),
    Kind.ISSUE: ("xuất", "issue"),
    Kind.RETURN: ("nhập trả lại", "return"),
    Kind.OPENING: ("số dư đầu", "opening"),
    Kind.DISPOSAL: ("thanh lý", "disposal"),
}


_CHOICES: Final = {"tracking": Item.Tracking, "level": Level}
WORDS: Final = frozenset({"kind", "purpose", *_CHOICES})  # fields whose cells may hold words in place of our codes


def words(name: str, language: str) -> dict[str, str]:
    """Return the words that may stand for the codes of a field of `WORDS`, each with its code, and the codes."""
    if name == "kind":
        return {word: kind for kind, labels in kinds().items() for word in (*labels, kind)}
    if name in _CHOICES:
        choices = _CHOICES[name].choices
        with translation.override(language):
            return {str(label): str(value) for value, label in choices} | {
                str(value): str(value) for value, _label in choices
            }
    known = list(ReservePurpose.objects.values_list("code", "name_en" if language == "en" else "name"))
    return {name: code for code, name in known} | {code: code for code, _name in known}


def told(purpose: str, column: str, columns: Iterable[str], language: str) -> str:
    """Return how an error's column is told: as the file calls it, else as the template calls the field."""
    return column if not column or column in columns else head(SORTS[purpose], column, language)


# --- How rows go in -----------------------------------------------------------------------------------------------


def importing(upload: Upload, place: DepotAccess | None) -> Import:
    """Return how the rows of a file go in. `place` is the depot it is posted to, None for lists."""
    sort = SORTS[upload.purpose]
    load: Callable[[Job], Outcome]
    match upload.purpose:
        case Purpose.OPENING | Purpose.MOVEMENTS:
            assert place is not None, "what is posted has a depot"
            load = partial(_post, upload=upload, place=place)
        case Purpose.CATALOGUE:
            load = inventory.catalogue.importing.load
        case Purpose.DEPOTS:
            load = depots.importing.load
        case Purpose.NORMS:
            load = inventory.norms.importing.load
        case _:
            load = crosswalk.load
    return Import(purpose=upload.purpose, targets=sort.targets, load=load)


def kind_of(upload: Upload) -> Kind:
    """Return the kind of movement an opening is posted as."""
    return Kind.STOCKTAKE if upload.meaning == Meaning.SET else Kind.OPENING


def _post(job: Job, *, upload: Upload, place: DepotAccess) -> Outcome:
    if upload.purpose == Purpose.MOVEMENTS:
        _refuse_reserves(job)
        return movements.load(job, place)
    defaults = Defaults(
        kind=kind_of(upload).value,
        # The file's own key: sent twice by a double click or a worker that was restarted, it is posted once.
        document=f"file {upload.pk}",
        occurred_at=upload.occurred_at,
        reason=upload.reason,
    )
    return movements.load(job, place, defaults)


def _refuse_reserves(job: Job) -> None:
    """Refuse what would take from a ring-fenced reserve: two people approve that, and a file has one approver."""
    fenced = set(ReservePurpose.objects.filter(is_ring_fenced=True).values_list("code", flat=True))
    for record in job.reading.records:
        kind, purpose = record.values.get("kind"), record.values.get("purpose")
        if kind in RULES and RULES[kind].sign is not Sign.IN and purpose in fenced:
            text = _("This takes from a ring-fenced reserve, which two people approve: write a voucher for it.")
            job.refuse(record, "purpose", text)
