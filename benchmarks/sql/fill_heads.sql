-- fill_heads: the heads of the logs; where the log is chained, its last hash follows.
--   takes   depots, limits: bigint[]; last, last_recorded_at
INSERT INTO ledger_depotlog (depot_id, position, hash, recorded_at)
SELECT depot_id, %(last)s, '', %(last_recorded_at)s FROM unnest(%(depots)s::bigint[]) AS depot_id
UNION ALL
SELECT depot_id, 0, decode(repeat('00', 32), 'hex'), NULL FROM unnest(%(limits)s::bigint[]) AS depot_id;
