-- series: the last voucher number given out per depot, kind of paper and year.
--   takes   depot_ids: bigint[]
--   needs   the depots' logs locked
SELECT depot_id, series, year, last_number FROM ledger_voucherseries WHERE depot_id = ANY(%(depot_ids)s);
