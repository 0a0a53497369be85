-- advance_series: remember the last voucher number given out.
--   takes   series: json array of {depot_id, series, year, last_number}
--   needs   those depots' logs locked
INSERT INTO ledger_voucherseries (depot_id, series, year, last_number)
SELECT depot_id, series, year, last_number
FROM json_to_recordset(%(series)s::json) AS given (depot_id bigint, series text, year smallint, last_number integer)
ON CONFLICT (depot_id, series, year) DO UPDATE SET last_number = excluded.last_number;
