-- 0001_questions: what the planners' questions need in the database.

-- deduction_of: under which heading falls what of a pile is not allocated: the first that applies, so that
--   on hand = allocated + disposal + expired + on_hold + reserve + available, each quantity counted once.
--   `expires_date` is the last day of use. One plain expression, so that PostgreSQL folds it into the statement.
CREATE FUNCTION deduction_of(
    awaits_disposal boolean, expires_date date, hold_reason text, is_ring_fenced boolean, on_day date
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN awaits_disposal THEN 'disposal'
        WHEN expires_date < on_day THEN 'expired'
        WHEN hold_reason <> '' THEN 'on_hold'
        WHEN is_ring_fenced THEN 'reserve'
        ELSE 'available'
    END
$$;

-- anchors: from where a depot's balances of a past instant are reached with the shortest tail of its log.
--   takes   depots; past: the first instant that no longer counts (occurred_at < past); believed: only what was
--           recorded up to then (recorded_at <= believed), 'infinity' for everything
--   gives   per depot with a log then: position, the last that was recorded; and one anchor, the nearest in time of
--           - the log's head at that position (is_head): balances are the lines' on_hand_after, lines dated later are
--             taken off;
--           - a closed month before or after (month_date): balances are its closings, lines between are added or
--             taken off. Only one whose log ended at or before that position, so that it holds nothing not yet recorded;
--           - the log's first day: balances are nothing, lines up to then are added.
--           on hand = the anchor's balance + direction × Σ changes of lines with tail_from <= occurred_at < tail_until
--           and position <= position.
-- The nearest in time stands for the fewest lines, which only counting them would tell. No log is read from its start
-- where a closing is nearer.
CREATE FUNCTION anchors(depots bigint[], past timestamptz, believed timestamptz)
RETURNS TABLE (
    depot_id bigint, "position" bigint, is_head boolean, month_date date,
    tail_from timestamptz, tail_until timestamptz, direction integer
) LANGUAGE sql STABLE PARALLEL SAFE ROWS 100 AS $$
    SELECT scope.depot_id, head.position, anchor.is_head, anchor.month_date,
        least(anchor.at, past), greatest(anchor.at, past),
        CASE WHEN anchor.at < past THEN 1 ELSE -1 END
    FROM unnest(depots) AS scope (depot_id)
    CROSS JOIN LATERAL (
        SELECT movement.position, movement.recorded_at
        FROM ledger_movement AS movement
        WHERE movement.depot_id = scope.depot_id AND movement.recorded_at <= believed
        ORDER BY movement.recorded_at DESC, movement.position DESC
        LIMIT 1
    ) AS head
    CROSS JOIN LATERAL (
        SELECT candidate.*
        FROM (
            SELECT true AS is_head, NULL::date AS month_date, 'infinity'::timestamptz AS at,
                greatest(head.recorded_at - past, interval '0') AS distance
            UNION ALL (
                SELECT false, close.month_date, close.until_at, past - close.until_at
                FROM ledger_periodclose AS close
                WHERE close.depot_id = scope.depot_id AND close.until_at <= past AND close.position <= head.position
                ORDER BY close.month_date DESC
                LIMIT 1
            )
            UNION ALL (
                SELECT false, close.month_date, close.until_at, close.until_at - past
                FROM ledger_periodclose AS close
                WHERE close.depot_id = scope.depot_id AND close.until_at > past AND close.position <= head.position
                ORDER BY close.month_date
                LIMIT 1
            )
            UNION ALL (
                SELECT false, NULL, movement.occurred_at, greatest(past - movement.occurred_at, interval '0')
                FROM ledger_movement AS movement
                WHERE movement.depot_id = scope.depot_id
                ORDER BY movement.occurred_at
                LIMIT 1
            )
        ) AS candidate
        ORDER BY candidate.distance, candidate.is_head DESC, candidate.month_date NULLS LAST
        LIMIT 1
    ) AS anchor
$$;

-- What was on the road at a past instant is asked of all consignments to a depot, not only of the open ones, and of
-- every movement that touched them.
CREATE INDEX consignment_by_item ON ledger_consignmentline (item_id, to_depot_id, sent_at);
CREATE INDEX movement_on_consignment ON ledger_movement (consignment_depot_id, consignment_position)
    WHERE consignment_depot_id IS NOT NULL;
