-- 0005_fewer_looks: what the log's head says is looked up only where it must be, a pile only where it held something.

-- anchors: from where a depot's balances of a past instant are reached with the shortest tail of its log, and which
--   piles can have held anything then.
--   takes   depots; past: the first instant that no longer counts (occurred_at < past); believed: only what was
--           recorded up to then (recorded_at <= believed), 'infinity' for everything
--   gives   per depot with a log then: position, the last that was recorded; is_last: nothing was recorded since; and one
--           anchor, the nearest in time of
--           - the log's head at that position (is_head): balances are the piles', or, where more was recorded since and
--             no month is closed before, the last lines' on_hand_after; lines dated later are taken off;
--           - a closed month before or after (month_date): balances are its closings, lines between are added or
--             taken off. Only one whose log ended at or before that position, so that it holds nothing not yet recorded;
--           - the log's first day: balances are nothing, lines up to then are added.
--           on hand = the anchor's balance + direction × Σ changes of lines with tail_from <= occurred_at < tail_until
--           and position <= position.
--           A pile that held anything then stands in a closing of a month from listed_from to listed_to, month_date being
--           one of them, or, where open_from is given, still holds something or was emptied at open_from or later.
-- The nearest in time stands for the fewest lines, which only counting them would tell. No log is read from its start
-- where a closing is nearer.
-- A month's closings name every pile that held anything when it began or moved in it. So the month the instant lies in
-- names all that is needed, and where it does not count yet (not closed, or closed on the strength of what was recorded
-- later) so do the last that counts and those since. Without those all piles a depot ever had would have to be looked
-- at, ten times as many after ten times as long.
CREATE OR REPLACE FUNCTION anchors(depots bigint[], past timestamptz, believed timestamptz)
RETURNS SETOF anchor LANGUAGE sql STABLE PARALLEL SAFE ROWS 100 AS $$
    SELECT scope.depot_id, head.position, log.position = head.position, chosen.is_head, chosen.month_date,
        least(chosen.at, past), greatest(chosen.at, past),
        CASE WHEN chosen.at < past THEN 1 ELSE -1 END,
        CASE WHEN chosen.month_date = after.month_date THEN after.month_date
             ELSE coalesce(before.month_date, '-infinity') END,
        coalesce(after.month_date, 'infinity'),
        CASE WHEN before.month_date IS NULL THEN '-infinity'
             WHEN after.month_date IS NULL THEN log.closed_until END
    FROM unnest(depots) AS scope (depot_id)
    JOIN ledger_depotlog AS log ON log.depot_id = scope.depot_id
    CROSS JOIN LATERAL (
        SELECT log.position, log.recorded_at
        WHERE log.recorded_at <= believed
        UNION ALL (
            SELECT movement.position, movement.recorded_at
            FROM ledger_movement AS movement
            WHERE movement.depot_id = scope.depot_id AND movement.recorded_at <= believed
                AND log.recorded_at > believed
            ORDER BY movement.recorded_at DESC, movement.position DESC
            LIMIT 1
        )
    ) AS head
    LEFT JOIN LATERAL (
        SELECT close.month_date, close.until_at
        FROM ledger_periodclose AS close
        WHERE close.depot_id = scope.depot_id AND close.until_at <= past AND close.position <= head.position
        ORDER BY close.month_date DESC
        LIMIT 1
    ) AS before ON true
    LEFT JOIN LATERAL (
        SELECT close.month_date, close.until_at, close.position
        FROM ledger_periodclose AS close
        WHERE close.depot_id = scope.depot_id AND close.until_at > past
        ORDER BY close.month_date
        LIMIT 1
    ) AS after ON true
    CROSS JOIN LATERAL (
        SELECT candidate.*
        FROM (
            SELECT true AS is_head, NULL::date AS month_date, 'infinity'::timestamptz AS at,
                greatest(head.recorded_at - past, interval '0') AS distance
            WHERE head.position = log.position OR before.month_date IS NULL
            UNION ALL
            SELECT false, before.month_date, before.until_at, past - before.until_at
            WHERE before.month_date IS NOT NULL
            UNION ALL
            SELECT false, after.month_date, after.until_at, after.until_at - past
            WHERE after.position <= head.position
            UNION ALL (
                SELECT false, NULL, movement.occurred_at, greatest(past - movement.occurred_at, interval '0')
                FROM ledger_movement AS movement
                WHERE movement.depot_id = scope.depot_id
                    AND before.month_date IS NULL
                ORDER BY movement.occurred_at
                LIMIT 1
            )
        ) AS candidate
        ORDER BY candidate.distance, candidate.is_head DESC, candidate.month_date NULLS LAST
        LIMIT 1
    ) AS chosen
$$;

-- piles_then: what some depots had of an item at a past instant, in the shape of piles_now.
--   takes   starts: the depots' anchors for that instant and what was believed of it; known_at: the instant whose holds,
--           days of use, allocations, grades and purposes are applied
--   needs   indexes closing_of_item, holding_of_item, line_pile_by_day, line_pile_by_position
-- What was first written down later than known_at counts as not held, with its present day of use and its present grade
-- and purpose; more promised than was there counts as all that was there.
CREATE OR REPLACE FUNCTION piles_then(
    asked_item bigint, starts anchor[], asked_grade smallint, asked_purpose text, last_day date, until_day date,
    on_day date, known_at timestamptz
) RETURNS TABLE (
    holding_id bigint, depot_id bigint, bin_id bigint, lot_id bigint, expires_date date, hold_reason varchar,
    grade smallint, purpose varchar, on_hand numeric, allocated numeric, deduction text
) LANGUAGE sql STABLE PARALLEL SAFE ROWS 100 AS $$
    SELECT pile.id, pile.depot_id, pile.bin_id, pile.lot_id, lot_known.expires_date, lot_known.hold_reason,
        pile.grade, pile.purpose, balance.on_hand, least(coalesce(promised.quantity, 0), balance.on_hand),
        deduction_of(
            coalesce(grade_known.awaits_disposal, grade.awaits_disposal), lot_known.expires_date, lot_known.hold_reason,
            coalesce(purpose_known.is_ring_fenced, purpose.is_ring_fenced), on_day
        )
    FROM (
        SELECT listed.holding_id,
            CASE
                WHEN start.is_head AND start.is_last THEN (
                    SELECT holding.on_hand
                    FROM ledger_holding AS holding
                    WHERE holding.id = listed.holding_id
                )
                WHEN start.is_head THEN coalesce((
                    SELECT line.on_hand_after
                    FROM ledger_movementline AS line
                    WHERE line.depot_id = start.depot_id AND line.holding_id = listed.holding_id
                        AND line.position <= start.position
                    ORDER BY line.position DESC, line.line_no DESC
                    LIMIT 1
                ), 0)
                ELSE coalesce(listed.closing, 0)
            END + start.direction * coalesce((
                SELECT sum(line.change)
                FROM ledger_movementline AS line
                WHERE line.depot_id = start.depot_id AND line.holding_id = listed.holding_id
                    AND line.occurred_at >= start.tail_from AND line.occurred_at < start.tail_until
                    AND line.position <= start.position
            ), 0) AS on_hand
        FROM unnest(starts) AS start
        CROSS JOIN LATERAL (
            SELECT candidate.holding_id, max(candidate.closing) AS closing
            FROM (
                SELECT month.holding_id,
                    CASE WHEN month.month_date = start.month_date THEN month.closing END AS closing
                FROM ledger_closingbalance AS month
                WHERE month.item_id = asked_item AND month.depot_id = start.depot_id
                    AND month.month_date BETWEEN start.listed_from AND start.listed_to
                UNION ALL
                SELECT holding.id, NULL
                FROM ledger_holding AS holding
                WHERE holding.item_id = asked_item AND holding.depot_id = start.depot_id
                    AND holding.emptied_at IS NULL AND start.open_from IS NOT NULL
                UNION ALL
                SELECT holding.id, NULL
                FROM ledger_holding AS holding
                WHERE holding.item_id = asked_item AND holding.depot_id = start.depot_id
                    AND holding.emptied_at >= start.open_from
            ) AS candidate
            GROUP BY candidate.holding_id
        ) AS listed
        OFFSET 0 -- keeps the balance worked out once per pile, though it is used more than once
    ) AS balance
    JOIN ledger_holding AS pile ON pile.id = balance.holding_id
    JOIN catalogue_lot AS lot ON lot.id = pile.lot_id
    JOIN catalogue_qualitygrade AS grade ON grade.grade = pile.grade
    JOIN catalogue_reservepurpose AS purpose ON purpose.code = pile.purpose
    LEFT JOIN (
        SELECT DISTINCT ON (history.grade) history.grade, history.awaits_disposal
        FROM catalogue_historicalqualitygrade AS history
        WHERE history.history_date <= known_at
        ORDER BY history.grade, history.history_date DESC, history.history_id DESC
    ) AS grade_known ON grade_known.grade = pile.grade
    LEFT JOIN (
        SELECT DISTINCT ON (history.code) history.code, history.is_ring_fenced
        FROM catalogue_historicalreservepurpose AS history
        WHERE history.history_date <= known_at
        ORDER BY history.code, history.history_date DESC, history.history_id DESC
    ) AS purpose_known ON purpose_known.code = pile.purpose
    CROSS JOIN LATERAL (
        SELECT history.expires_date, history.hold_reason, 1 AS preference, history.history_date, history.history_id
        FROM catalogue_historicallot AS history
        WHERE history.id = lot.id AND history.history_date <= known_at
        UNION ALL
        SELECT lot.expires_date, '', 2, NULL, NULL
        ORDER BY preference, history_date DESC, history_id DESC
        LIMIT 1
    ) AS lot_known
    LEFT JOIN LATERAL (
        SELECT sum(allocation.quantity) AS quantity
        FROM ledger_allocation AS allocation
        WHERE allocation.holding_id = pile.id
            AND allocation.allocated_at <= known_at
            AND (allocation.released_at IS NULL OR allocation.released_at > known_at)
    ) AS promised ON true
    WHERE balance.on_hand <> 0
        AND (asked_grade IS NULL OR pile.grade = asked_grade)
        AND (asked_purpose IS NULL OR pile.purpose = asked_purpose)
        AND (last_day IS NULL OR lot_known.expires_date IS NULL OR lot_known.expires_date >= last_day)
        AND (until_day IS NULL OR lot_known.expires_date <= until_day)
$$;
