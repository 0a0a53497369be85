-- stock_card: the lines of an item in a depot between two instants, in the order of the card, with what they add up to.
--   takes   depot_id, item_id; from_at, until_at: from <= occurred_at < until; after_at, after_position, after_line_no:
--           the last line of the page before ('-infinity', 0, 0 for the first); page_size; lot: the code of the one lot
--           it is of, NULL for all
--   needs   indexes holding_unique, line_pile_by_day
--   gives   at least one row: the first four are of the whole time, the line's columns are NULL where there is none;
--           a move from bin to bin is neither in nor out, a change of grade or purpose counts in changed_in and
--           changed_out, what takes either back as it did (is_inside), as the report turnover counts them;
--           running is Σ changes from from_at up to and with the line, over all piles of the item in the depot;
--           reversed_by is the movement that took this very line back
WITH line AS MATERIALIZED (
    SELECT line.position, line.line_no, line.entry_no, line.occurred_at, line.change, line.holding_id,
        holding.lot_id, holding.bin_id, holding.grade, holding.purpose, coalesce(undone.kind, movement.kind) AS kind,
        sum(line.change) OVER (ORDER BY line.occurred_at, line.position, line.line_no) AS running
    FROM ledger_holding AS holding
    JOIN ledger_movementline AS line ON line.depot_id = holding.depot_id AND line.holding_id = holding.id
    JOIN ledger_movement AS movement ON movement.depot_id = line.depot_id AND movement.position = line.position
    LEFT JOIN ledger_movement AS undone
        ON undone.depot_id = movement.depot_id AND undone.position = movement.reverses
    WHERE holding.depot_id = %(depot_id)s
        AND holding.item_id = %(item_id)s
        AND line.occurred_at >= %(from_at)s
        AND line.occurred_at < %(until_at)s
        AND line.change <> 0
        AND (
            %(lot)s::text IS NULL
            OR EXISTS (SELECT 1 FROM catalogue_lot AS lot WHERE lot.id = holding.lot_id AND lot.code = %(lot)s::text)
        )
), total AS (
    SELECT
        coalesce(sum(line.change) FILTER (WHERE line.change > 0 AND NOT inside.is_inside), 0) AS inward,
        coalesce(-sum(line.change) FILTER (WHERE line.change < 0 AND NOT inside.is_inside), 0) AS outward,
        coalesce(sum(line.change) FILTER (WHERE line.change > 0 AND inside.is_changed), 0) AS changed_in,
        coalesce(-sum(line.change) FILTER (WHERE line.change < 0 AND inside.is_changed), 0) AS changed_out
    FROM line
    CROSS JOIN LATERAL (
        SELECT line.kind IN ('relocation', 'regrade', 'repurpose') AS is_inside,
            line.kind IN ('regrade', 'repurpose') AS is_changed
    ) AS inside
), page AS (
    SELECT *
    FROM line
    WHERE (line.occurred_at, line.position, line.line_no)
        > (%(after_at)s::timestamptz, %(after_position)s::bigint, %(after_line_no)s::integer)
    ORDER BY line.occurred_at, line.position, line.line_no
    LIMIT %(page_size)s
)
SELECT total.inward, total.outward, total.changed_in, total.changed_out,
    page.position, page.line_no, page.change, page.running, page.occurred_at, movement.recorded_at, movement.kind,
    movement.number, movement.counterparty, movement.order_number, movement.order_date, movement.reason,
    coalesce(destination.code, ''), coalesce(origin.code || '/' || movement.consignment_position, ''),
    lot.code, bin.code, page.grade, page.purpose,
    page.kind IN ('relocation', 'regrade', 'repurpose') AS is_inside, movement.reverses,
    (
        SELECT later.position
        FROM ledger_movement AS later
        JOIN ledger_movementline AS mirror ON mirror.depot_id = later.depot_id AND mirror.position = later.position
        WHERE later.depot_id = %(depot_id)s
            AND later.reverses = page.position
            AND mirror.holding_id = page.holding_id
            AND mirror.entry_no = page.entry_no
            AND mirror.change = -page.change
        LIMIT 1
    ) AS reversed_by
FROM total
LEFT JOIN page ON true
LEFT JOIN ledger_movement AS movement ON movement.depot_id = %(depot_id)s AND movement.position = page.position
LEFT JOIN depots_depot AS destination ON destination.id = movement.to_depot_id
LEFT JOIN depots_depot AS origin ON origin.id = movement.consignment_depot_id
LEFT JOIN catalogue_lot AS lot ON lot.id = page.lot_id
LEFT JOIN depots_bin AS bin ON bin.id = page.bin_id
ORDER BY page.occurred_at, page.position, page.line_no;
