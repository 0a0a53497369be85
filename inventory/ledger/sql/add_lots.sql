-- add_lots: make the lots that goods arrive in, with their history row, in one fixed order.
--   takes   item_ids: bigint[], codes: text[], expires_dates: date[] side by side; is_exercise; by, at, reason
--   holds   afterwards each of them exists; one made meanwhile by another depot is left as it is
-- Two depots may receive the same new lot at once: ordered inserts wait for each other instead of dead-locking.
WITH made AS (
    INSERT INTO catalogue_lot (item_id, code, expires_date, hold_reason, is_exercise, updated_at)
    SELECT item_id, code, expires_date, '', %(is_exercise)s, %(at)s
    FROM unnest(%(item_ids)s::bigint[], %(codes)s::text[], %(expires_dates)s::date[]) AS asked (item_id, code, expires_date)
    ORDER BY item_id, code
    ON CONFLICT (item_id, code, is_exercise) DO NOTHING
    RETURNING *
)
INSERT INTO catalogue_historicallot (
    id, item_id, code, expires_date, made_date, hold_reason, is_exercise, updated_at,
    history_date, history_type, history_change_reason, history_user_id, source)
SELECT id, item_id, code, expires_date, made_date, hold_reason, is_exercise, updated_at,
    %(at)s, '+', %(reason)s, %(by)s, 'posting'
FROM made;
