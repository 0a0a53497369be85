"""The fields of a movement that a table may give, and how they are spelled in the ledger."""

from __future__ import annotations

from typing import Final

from inventory.ledger.models import Kind
from logistics.cells import Form
from logistics.mappings import CROSSWALK, Target

# A stocktake is posted by its count, a reversal by naming what it undoes: neither comes from a table.
KINDS: Final = tuple(kind.value for kind in Kind if kind not in {Kind.STOCKTAKE, Kind.REVERSAL})

_ORDER: Final = (
    Target(name="counterparty", most=240),
    Target(name="order_number", most=80),
    Target(name="order_date", form=Form.DAY),
    Target(name="reason", most=500),
)
_LINE: Final = (
    Target(name="item", is_required=True, lookups=("external_code", "name", CROSSWALK)),
    Target(name="lot", most=40),
    Target(name="expires_on", form=Form.DAY, spelled_in="lot"),
    Target(name="bin"),
    Target(name="grade", form=Form.WHOLE),
    Target(name="purpose"),
    Target(name="quantity", form=Form.QUANTITY, is_required=True),
    Target(name="unit", lookups=("name",)),
    Target(name="unit_price", form=Form.MONEY),
    Target(name="scheduled_quantity", form=Form.QUANTITY),
    Target(name="line_reason", most=300),
    Target(name="temperature", form=Form.QUANTITY),
    Target(name="density", form=Form.QUANTITY),
)

MOVEMENTS: Final = (
    Target(name="document", is_required=True, most=200),
    Target(name="kind", is_required=True, choices=KINDS),
    Target(name="occurred_at", form=Form.MOMENT, is_required=True),
    *_LINE,
    *_ORDER,
    Target(name="to_depot"),
    Target(name="consignment"),
    Target(name="to_bin"),
    Target(name="to_grade", form=Form.WHOLE),
    Target(name="to_purpose"),
)
OPENING: Final = (
    Target(name="document", most=200),
    Target(name="occurred_at", form=Form.MOMENT),
    *_LINE,
    *_ORDER,
)

HEADER: Final = (
    "kind", "occurred_at", "counterparty", "order_number", "order_date", "reason", "to_depot", "consignment",
)  # fmt: skip

# What the ledger points to, as the table spells it. A depot cannot be wrong on a day unless the day is.
OF_HEADER: Final = {"key": "document", "lines": "document", "depot": "occurred_at"}
OF_LINE: Final = {"expires_date": "expires_on", "reason": "line_reason", "counted_at": "occurred_at"}
