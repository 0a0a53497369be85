-- lateness: how fresh the books of depots are, and how late what they record is, the stalest first.
--   takes   depots: bigint[]; from_at, until_at: from <= recorded_at < until; late_after: interval, what was recorded
--           longer after it occurred counts as late; at: the instant ages are counted from
--   needs   index movement_recorded
--   gives   a row per depot, also where nothing was recorded; a draft is a voucher neither posted nor given up
SELECT depot.code AS depot, depot.name AS depot_name, unit.name AS unit_name,
    last.recorded_at AS last_recorded_at, last.occurred_at AS last_occurred_at,
    entry.count AS entries, entry.late, entry.mean_delay, entry.longest_delay, draft.count AS drafts,
    draft.oldest_at AS oldest_draft_at
FROM depots_depot AS depot
JOIN depots_organisationunit AS unit ON unit.id = depot.unit_id
LEFT JOIN LATERAL (
    SELECT movement.recorded_at, movement.occurred_at
    FROM ledger_movement AS movement
    WHERE movement.depot_id = depot.id AND movement.recorded_at < %(until_at)s::timestamptz
    ORDER BY movement.recorded_at DESC, movement.position DESC
    LIMIT 1
) AS last ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS count,
        count(*) FILTER (WHERE movement.recorded_at - movement.occurred_at > %(late_after)s::interval) AS late,
        extract(epoch FROM avg(movement.recorded_at - movement.occurred_at)
            FILTER (WHERE movement.recorded_at - movement.occurred_at > %(late_after)s::interval)) AS mean_delay,
        extract(epoch FROM max(movement.recorded_at - movement.occurred_at)) AS longest_delay
    FROM ledger_movement AS movement
    WHERE movement.depot_id = depot.id
        AND movement.recorded_at >= %(from_at)s::timestamptz
        AND movement.recorded_at < %(until_at)s::timestamptz
) AS entry
CROSS JOIN LATERAL (
    SELECT count(*) AS count, min(voucher.made_at) AS oldest_at
    FROM vouchers_voucher AS voucher
    WHERE voucher.depot_id = depot.id
        AND voucher.made_at < %(until_at)s::timestamptz
        AND voucher.status NOT IN ('posted', 'cancelled')
) AS draft
WHERE depot.id = ANY(%(depots)s::bigint[])
    AND depot.opened_date <= %(day)s::date
    AND (depot.closed_date IS NULL OR depot.closed_date > %(day)s::date)
ORDER BY last.recorded_at NULLS FIRST, depot.code;
