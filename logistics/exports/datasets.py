"""What an export folder holds: its files, their columns, and how each column is typed in Arrow and Parquet.

Statements under `sql/` deliver exact decimals as whole numbers of the last decimal (7.5 kg is 7500), because the
driver would otherwise carry every numeric as text; `typed()` gives them their point back without touching a digit.
While a file is written its decimals lie in 64 bits, as they will in Parquet; whoever reads it gets decimal128.
Nothing here needs Django or a database.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa

FORMAT_VERSION: Final = "1.0"

TEXT: Final = pa.string()
QUANTITY: Final = pa.decimal128(18, 3)
PRICE: Final = pa.decimal128(18, 2)
FACTOR: Final = pa.decimal128(18, 6)
INSTANT: Final = pa.timestamp("us", tz="UTC")
DAY: Final = pa.date32()
INTEGER: Final = pa.int32()
LONG: Final = pa.int64()
FLAG: Final = pa.bool_()
POINT: Final = pa.binary()

# GeoParquet 1.1.0: WKB points on the ellipsoid, longitude first; no `crs` member means OGC:CRS84.
GEO: Final = json.dumps(
    {
        "version": "1.1.0",
        "primary_column": "coordinates",
        "columns": {"coordinates": {"encoding": "WKB", "geometry_types": ["Point"], "edges": "spherical"}},
    },
    separators=(",", ":"),
    sort_keys=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """One file of the folder. `columns` in the file's order; `key` names a row; `plain` columns hardly repeat.

    `per_depot` files are written depot by depot and start with the column `depot`, which the statement leaves out.
    """

    name: str
    title: str
    columns: Mapping[str, pa.DataType]
    key: tuple[str, ...]
    nullable: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()
    per_depot: bool = False
    schema: pa.Schema = field(init=False)

    def __post_init__(self) -> None:
        """Derive the Arrow schema that the file is written from."""
        fields = [
            pa.field(name, _narrow(data_type), nullable=name in self.nullable)
            for name, data_type in self.columns.items()
        ]
        object.__setattr__(self, "schema", pa.schema(fields))

    @property
    def metadata(self) -> dict[str, str]:
        """Return what stands in the file's footer beside the schema."""
        return {"geo": GEO} if POINT in self.columns.values() else {}

    @property
    def file(self) -> str:
        """Return the file's name in the folder."""
        return f"{self.name}.parquet"

    def encodings(self) -> dict[str, Any]:
        """Return the Parquet writer's options: dictionary for text that repeats, deltas for numbers and times."""
        repeated = [
            name for name, data_type in self.columns.items() if data_type in {TEXT, POINT} and name not in self.plain
        ]
        return {
            "use_dictionary": repeated,
            "column_encoding": {
                name: "DELTA_BYTE_ARRAY" if data_type in {TEXT, POINT} else "DELTA_BINARY_PACKED"
                for name, data_type in self.columns.items()
                if name not in repeated and data_type != FLAG
            },
        }

    def document(self) -> dict[str, Any]:
        """Return the Frictionless Table Schema of the file, with each field's Arrow type beside it."""
        return {
            "fields": [
                {
                    "name": name,
                    "type": _frictionless(data_type),
                    "arrow": str(data_type),
                    "constraints": {"required": name not in self.nullable},
                }
                for name, data_type in self.columns.items()
            ],
            "primaryKey": list(self.key),
        }


def _frictionless(data_type: pa.DataType) -> str:
    """Return the Frictionless Table Schema v2 type that an Arrow type stands for."""
    if pa.types.is_decimal(data_type):
        return "number"
    return {TEXT: "string", INSTANT: "datetime", DAY: "date", FLAG: "boolean", POINT: "any"}.get(data_type, "integer")


def _narrow(data_type: pa.DataType) -> pa.DataType:
    """Return the type that a column has in memory: decimals of up to 18 digits fit into 64 bits."""
    return pa.decimal64(data_type.precision, data_type.scale) if pa.types.is_decimal(data_type) else data_type


def typed(column: pa.Array, data_type: pa.DataType) -> pa.Array:
    """Return a column as its file types it; whole numbers become decimals of the same digits.

    A value that does not fit the type raises ArrowInvalid: nothing is ever rounded or cut.
    """
    if not pa.types.is_decimal(data_type):
        return column if column.type == data_type else column.cast(data_type)
    digits = column.cast(LONG)
    # A decimal is its digits and a scale kept in the type: reading the same digits under another type moves the
    # point and copies nothing. numeric(18, n) in the database keeps them within the 18 that fit.
    return pa.Array.from_buffers(_narrow(data_type), len(digits), digits.buffers(), digits.null_count, digits.offset)


_PILE: Final = {
    "holding": LONG,
    "bin": TEXT,
    "item": TEXT,
    "lot": TEXT,
    "grade": INTEGER,
    "purpose": TEXT,
}
_VERSION: Final = {"valid_from": INSTANT, "valid_to": INSTANT}

MOVEMENTS: Final = Dataset(
    name="movements",
    title="Entries of the depots' logs, in order, chained by hash",
    columns={
        "depot": TEXT,
        "position": LONG,
        "kind": TEXT,
        "number": TEXT,
        "occurred_at": INSTANT,
        "recorded_at": INSTANT,
        "actor": TEXT,
        "key": TEXT,
        "counterparty": TEXT,
        "order_number": TEXT,
        "order_date": DAY,
        "reason": TEXT,
        "to_depot": TEXT,
        "consignment": TEXT,
        "reverses": LONG,
        "withheld": FLAG,
        "previous_hash": TEXT,
        "hash": TEXT,
    },
    key=("depot", "position"),
    # All but the links may be missing: of a movement with withheld lines nothing else leaves.
    nullable=frozenset(
        {
            "kind",
            "number",
            "occurred_at",
            "recorded_at",
            "actor",
            "key",
            "counterparty",
            "order_number",
            "order_date",
            "reason",
            "to_depot",
            "consignment",
            "reverses",
        }
    ),
    plain=frozenset({"number", "key", "previous_hash", "hash"}),
    per_depot=True,
)
MOVEMENT_LINES: Final = Dataset(
    name="movement_lines",
    title="What each movement changed, pile by pile",
    columns={
        "depot": TEXT,
        "position": LONG,
        "line_no": INTEGER,
        "entry_no": INTEGER,
        **_PILE,
        "occurred_at": INSTANT,
        "change": QUANTITY,
        "on_hand_after": QUANTITY,
        "transit_change": QUANTITY,
        "consignment_line": INTEGER,
        "entered_quantity": QUANTITY,
        "entered_unit": TEXT,
        "unit_price": PRICE,
        "scheduled_quantity": QUANTITY,
        "expires_date": DAY,
        "reason": TEXT,
        "fuel": TEXT,  # JSON, as the chain covers it: of a measured line of liquid fuel
    },
    key=("depot", "position", "line_no"),
    nullable=frozenset({"consignment_line", "unit_price", "scheduled_quantity", "expires_date", "fuel"}),
    per_depot=True,
)
HOLDINGS: Final = Dataset(
    name="holdings",
    title="Every pile at the instant of the snapshot",
    columns={
        "depot": TEXT,
        **_PILE,
        "on_hand": QUANTITY,
        "allocated": QUANTITY,
        "last_occurred_at": INSTANT,
    },
    key=("depot", "holding"),
    per_depot=True,
)

_DEPOT: Final = {
    "code": TEXT,
    "name": TEXT,
    "organisation_unit": TEXT,
    "level": TEXT,
    "supply_class": TEXT,
    "province": TEXT,
    "province_valid_from": DAY,
    "coordinates": POINT,
    "address": TEXT,
    "opened_date": DAY,
    "closed_date": DAY,
}
_DEPOT_NULLABLE: Final = frozenset({"supply_class", "province", "province_valid_from", "closed_date"})
_ORGANISATION_UNIT: Final = {
    "code": TEXT,
    "alias": TEXT,
    "name": TEXT,
    "level": TEXT,
    "parent": TEXT,
    "exists_from": DAY,
    "exists_to": DAY,
}
_BIN: Final = {"depot": TEXT, "code": TEXT, "name": TEXT, "kind": TEXT, "is_default": FLAG, "is_active": FLAG}
_NAMED: Final = {"code": TEXT, "name": TEXT, "name_en": TEXT}
_UNIT: Final = {**_NAMED, "kind": TEXT, "scale": INTEGER}
_ITEM: Final = {
    **_NAMED,
    "specification": TEXT,
    "old_names": TEXT,
    "external_code": TEXT,
    "supply_class": TEXT,
    "item_group": TEXT,
    "base_unit": TEXT,
    "tracking": TEXT,
    "shelf_life_days": INTEGER,
    "gtin": TEXT,
    "nsn": TEXT,
    "un_number": TEXT,
    "classification": INTEGER,
    "is_active": FLAG,
}
_ITEM_NULLABLE: Final = frozenset({"shelf_life_days", "un_number"})
_PACKAGING: Final = {
    "item": TEXT,
    "unit": TEXT,
    "factor": FACTOR,
    "gtin": TEXT,
    "holds_from": DAY,
    "holds_to": DAY,
}
_LOT: Final = {"item": TEXT, "code": TEXT, "expires_date": DAY, "made_date": DAY, "hold_reason": TEXT}
_UPDATED: Final = {"updated_at": INSTANT}


def _reference(
    name: str,
    title: str,
    columns: Mapping[str, pa.DataType],
    key: tuple[str, ...],
    *,
    nullable: frozenset[str] = frozenset(),
    extra: Mapping[str, pa.DataType] | None = None,
    plain: frozenset[str] = frozenset(),
) -> list[Dataset]:
    """Return the file of a reference table and that of its history (slowly changing dimension, type 2)."""
    now = Dataset(name=name, title=title, columns={**columns, **(extra or {})}, key=key, nullable=nullable, plain=plain)
    past = Dataset(
        name=f"{name}_history",
        title=f"{title}: every version, valid from … until before …",
        columns={**columns, **_VERSION},
        key=(*key, "valid_from"),
        # What a version pointed to may be gone by now.
        nullable=frozenset(columns) | {"valid_to"},
        plain=plain,
    )
    return [now, past]


REFERENCE: Final[tuple[Dataset, ...]] = (
    Dataset(
        name="consignments",
        title="What transfers sent, and what of it arrived",
        columns={
            "depot": TEXT,
            "position": LONG,
            "line_no": INTEGER,
            "to_depot": TEXT,
            "item": TEXT,
            "lot": TEXT,
            "grade": INTEGER,
            "purpose": TEXT,
            "sent_at": INSTANT,
            "sent": QUANTITY,
            "received": QUANTITY,
            "settled": QUANTITY,
            "in_transit": QUANTITY,
        },
        key=("depot", "position", "line_no"),
    ),
    *_reference("depots", "Depots", _DEPOT, ("code",), nullable=_DEPOT_NULLABLE, extra=_UPDATED),
    *_reference(
        "organisation_units",
        "Organisation units",
        _ORGANISATION_UNIT,
        ("code",),
        nullable=frozenset({"parent", "exists_to"}),
        extra=_UPDATED,
    ),
    *_reference("bins", "Places inside depots", _BIN, ("depot", "code")),
    *_reference("supply_classes", "Branches of logistics", _NAMED, ("code",), extra=_UPDATED),
    *_reference(
        "items",
        "The catalogue",
        _ITEM,
        ("code",),
        nullable=_ITEM_NULLABLE,
        extra={"item_group_name": TEXT, **_UPDATED},
        plain=frozenset({"code", "name"}),
    ),
    *_reference("units", "Units of measure and packages", _UNIT, ("code",), extra=_UPDATED),
    *_reference(
        "packagings",
        "Base units in one package",
        _PACKAGING,
        ("item", "unit", "holds_from"),
        nullable=frozenset({"holds_from", "holds_to"}),
    ),
    *_reference(
        "lots",
        "Lots",
        _LOT,
        ("item", "code"),
        nullable=frozenset({"expires_date", "made_date"}),
        extra=_UPDATED,
        plain=frozenset({"code"}),
    ),
    Dataset(
        name="quality_grades",
        title="The five grades of quality",
        columns={"grade": INTEGER, "name": TEXT, "name_en": TEXT, "awaits_disposal": FLAG},
        key=("grade",),
    ),
    Dataset(
        name="reserve_purposes",
        title="What piles are kept for",
        columns={**_NAMED, "is_ring_fenced": FLAG},
        key=("code",),
    ),
)
DATASETS: Final[tuple[Dataset, ...]] = (MOVEMENTS, MOVEMENT_LINES, HOLDINGS, *REFERENCE)
