"""The text a movement's hash is taken over, made for thousands of movements at a time.

`inventory.ledger.chain` says what that text is, one movement at a time; this file says the same by columns, because a
receiver checks millions a night. A property test holds the two to the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from json import JSONEncoder
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inventory.ledger.chain import COUNTED_KIND

# Line texts add up to more than the 2 GB that offsets of 32 bits reach.
_TEXT: Final = pa.large_string()
_literal: Final = partial(pa.scalar, type=_TEXT)
_quoted = JSONEncoder(ensure_ascii=False).encode
_NULL: Final = _literal("null")
_NOTHING: Final = _literal("")

# Members in the order RFC 8785 sorts them; `None` is where the lines go.
_LINE_MEMBERS: Final = (
    "bin",
    "change",
    "consignment_line",
    "entered_quantity",
    "entered_unit",
    "entry_no",
    "expires_date",
    "grade",
    "item",
    "line_no",
    "lot",
    "on_hand_after",
    "purpose",
    "reason",
    "scheduled_quantity",
    "transit_change",
    "unit_price",
)
_COUNT_MEMBERS: Final = tuple(sorted((*_LINE_MEMBERS, "counted_at")))
_MOVEMENT_MEMBERS: Final = (
    "actor",
    "consignment",
    "counterparty",
    "depot",
    "key",
    "kind",
    "lines",
    "number",
    "occurred_at",
    "order_date",
    "order_number",
    "position",
    "reason",
    "recorded_at",
    "reverses",
    "to_depot",
)


def canonical_texts(movements: pa.Table, lines: pa.Table, ends: pa.Array) -> pa.Array:
    """Return the UTF-8 text of each movement, as binary, in order.

    `lines` are those of all the movements, in order; `ends[i]` is how many belong to the movements up to and with i.
    """
    starts = pa.concat_arrays([pa.array([0], pa.int64()), ends.cast(pa.int64())])
    grouped = pa.LargeListArray.from_arrays(starts, _line_objects(movements, lines, ends))
    joined = pc.binary_join(grouped, _literal(","))
    in_brackets = pc.binary_join_element_wise(_literal("["), joined, _literal("]"), _NOTHING)
    return _objects(movements, _MOVEMENT_MEMBERS, lines=in_brackets).cast(pa.large_binary())


def _line_objects(movements: pa.Table, lines: pa.Table, ends: pa.Array) -> pa.Array:
    """Return one JSON object per line.

    Those of stocktakes say when they were counted, which is when they are dated; those of liquid fuel what was
    measured, which runs of older versions have no column for.
    """
    fuel = lines.column("fuel").combine_chunks() if "fuel" in lines.column_names else pa.nulls(len(lines), _TEXT)
    if fuel.null_count == len(fuel):
        return _dated(movements, lines, ends)
    # The file has the object as the chain spells it.
    told = _dated(movements, lines, ends, fuel=pc.cast(fuel, _TEXT))
    return pc.if_else(pc.is_valid(fuel), told, _dated(movements, lines, ends))


def _dated(movements: pa.Table, lines: pa.Table, ends: pa.Array, **ready: pa.Array) -> pa.Array:
    """Return one JSON object per line, with the members in `ready` besides."""
    plain = _objects(lines, _in_order(_LINE_MEMBERS, ready), **ready)
    is_count = pc.equal(movements.column("kind").combine_chunks(), COUNTED_KIND)
    if not pc.any(is_count).as_py():
        return plain
    owner = np.repeat(np.arange(len(ends)), np.diff(ends.to_numpy(zero_copy_only=False), prepend=0))
    is_counted = is_count.take(pa.array(owner))
    counted = lines.append_column("counted_at", lines.column("occurred_at"))
    return pc.if_else(is_counted, _objects(counted, _in_order(_COUNT_MEMBERS, ready), **ready), plain)


def _in_order(members: tuple[str, ...], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted((*members, *more)))


def _objects(table: pa.Table, members: tuple[str, ...], **ready: pa.Array) -> pa.Array:
    """Return one JSON object per row, of the named columns; `ready` ones are JSON already."""
    parts: list[Any] = []
    opening = "{"
    for name in members:
        parts += [_literal(f'{opening}"{name}":'), ready[name] if name in ready else _json(table.column(name))]
        opening = ","
    return pc.binary_join_element_wise(*parts, _literal("}"), _NOTHING)


def _json(column: pa.ChunkedArray) -> pa.Array:
    """Return each value as JSON spells it in the chain: numbers bare, decimals, times and text quoted, or null."""
    values = column.combine_chunks()
    kind = values.type
    if pa.types.is_integer(kind):
        text = values.cast(_TEXT)
    elif pa.types.is_decimal(kind):
        text = _between_quotes(values.cast(_TEXT))
    elif pa.types.is_timestamp(kind):
        # Arrow's %S has as many decimals as the type: six.
        text = _between_quotes(pc.strftime(values, format="%Y-%m-%dT%H:%M:%SZ").cast(_TEXT))
    else:
        distinct = values if pa.types.is_dictionary(kind) else values.dictionary_encode()
        spelt = [_quoted(value if isinstance(value, str) else str(value)) for value in distinct.dictionary.to_pylist()]
        text = pa.array(spelt, _TEXT).take(distinct.indices)
    return pc.coalesce(text, _NULL) if text.null_count else text


def _between_quotes(text: pa.Array) -> pa.Array:
    quote = _literal('"')
    return pc.binary_join_element_wise(quote, text, quote, _NOTHING)
