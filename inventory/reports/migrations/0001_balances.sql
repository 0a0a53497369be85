-- 0001_balances: what reports over whole depots need in the database.

-- balances_at: what every pile of some depots held at an instant, piles that held nothing left out.
--   takes   depots; past: the first instant that no longer counts (occurred_at < past); believed: only what was
--           recorded up to then, 'infinity' for everything
--   needs   function anchors, which names the nearest closed month, the head or the first day of each depot
-- The same anchors as the questions of one item start from, but whole depots at a time: a closed month is read by its
-- key and the tail by its movements, so that it costs what the depots hold and what moved since the anchor.
CREATE FUNCTION balances_at(depots bigint[], past timestamptz, believed timestamptz)
RETURNS TABLE (holding_id bigint, depot_id bigint, on_hand numeric) LANGUAGE sql STABLE PARALLEL SAFE ROWS 10000 AS $$
    WITH anchor AS MATERIALIZED (
        SELECT * FROM anchors(depots, past, believed)
    )
    SELECT part.holding_id, part.depot_id, sum(part.on_hand)
    FROM (
        SELECT balance.holding_id, balance.depot_id, balance.closing AS on_hand
        FROM anchor
        JOIN ledger_closingbalance AS balance
            ON balance.depot_id = anchor.depot_id AND balance.month_date = anchor.month_date
        UNION ALL
        -- Holdings keep what the last line left; where something was recorded later, the last line before it tells.
        SELECT holding.id, holding.depot_id,
            CASE WHEN log.position = anchor.position THEN holding.on_hand ELSE (
                SELECT line.on_hand_after
                FROM ledger_movementline AS line
                WHERE line.depot_id = holding.depot_id AND line.holding_id = holding.id
                    AND line.position <= anchor.position
                ORDER BY line.position DESC, line.line_no DESC
                LIMIT 1
            ) END
        FROM anchor
        JOIN ledger_depotlog AS log ON log.depot_id = anchor.depot_id
        JOIN ledger_holding AS holding ON holding.depot_id = anchor.depot_id
        WHERE anchor.is_head
        UNION ALL
        SELECT line.holding_id, line.depot_id, anchor.direction * line.change
        FROM anchor
        JOIN ledger_movement AS movement ON movement.depot_id = anchor.depot_id
            AND movement.occurred_at >= anchor.tail_from AND movement.occurred_at < anchor.tail_until
            AND movement.position <= anchor.position
        JOIN ledger_movementline AS line ON line.depot_id = movement.depot_id AND line.position = movement.position
    ) AS part
    GROUP BY part.holding_id, part.depot_id
    HAVING sum(part.on_hand) <> 0
$$;

-- Moves within a depot are neither in nor out; they are few, and found without looking at the others.
CREATE INDEX movement_inner ON ledger_movement (depot_id, occurred_at)
    WHERE kind IN ('relocation', 'regrade', 'repurpose', 'reversal');
-- The last known price of a pile.
CREATE INDEX line_priced ON ledger_movementline (depot_id, holding_id, occurred_at) WHERE unit_price IS NOT NULL;
