-- silent_depots: the open depots that have recorded nothing since an instant, the one silent longest first.
--   takes   depots: bigint[]; since: timestamptz; today: date
--   gives   code, recorded_at of the last entry (NULL for an empty logbook)
SELECT depot.code, log.recorded_at
FROM depots_depot AS depot
LEFT JOIN ledger_depotlog AS log ON log.depot_id = depot.id
WHERE depot.id = ANY(%(depots)s::bigint[])
    AND depot.opened_date <= %(today)s::date
    AND (depot.closed_date IS NULL OR depot.closed_date > %(today)s::date)
    AND (log.recorded_at IS NULL OR log.recorded_at < %(since)s::timestamptz)
ORDER BY log.recorded_at NULLS FIRST, depot.code;
