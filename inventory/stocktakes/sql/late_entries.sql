-- late_entries: what was recorded after a pile was counted, or after the cut-off, about the time before it.
--   takes   stocktake_id; holding_ids: bigint[], counted_at: timestamptz[] (null: not counted) side by side
--   needs   index movement_recorded
--   gives   change: what it does to the book of the count; offset_change: what was taken back because the count holds
-- What a reversal undoes happened when its original did. Own offsets are no entries: they follow from these.
WITH stocktake AS MATERIALIZED (
    SELECT one.id, one.depot_id, one.position, one.cut_off_at
    FROM stocktakes_stocktake AS one
    WHERE one.id = %(stocktake_id)s::uuid
), asked AS MATERIALIZED (
    SELECT *
    FROM unnest(%(holding_ids)s::bigint[], %(counted_at)s::timestamptz[]) AS pile (holding_id, counted_at)
), recorded AS MATERIALIZED (
    SELECT movement.*
    FROM stocktake
    JOIN ledger_movement AS movement
        ON movement.depot_id = stocktake.depot_id AND movement.recorded_at > stocktake.cut_off_at
    WHERE movement.position IS DISTINCT FROM stocktake.position
        AND NOT EXISTS (
            SELECT 1 FROM ledger_countoffset AS tie
            WHERE tie.depot_id = movement.depot_id AND tie.position = movement.position
        )
), late AS (
    SELECT asked.holding_id, asked.counted_at, recorded.position, recorded.number, recorded.kind, recorded.recorded_at,
        recorded.actor, coalesce(original.occurred_at, line.occurred_at) AS happened_at, sum(line.change) AS change
    FROM recorded
    JOIN ledger_movementline AS line ON line.depot_id = recorded.depot_id AND line.position = recorded.position
    JOIN asked ON asked.holding_id = line.holding_id
    LEFT JOIN ledger_movementline AS original
        ON original.depot_id = recorded.depot_id AND original.position = recorded.reverses
        AND original.entry_no = line.entry_no AND original.holding_id = line.holding_id
    GROUP BY asked.holding_id, asked.counted_at, recorded.position, recorded.number, recorded.kind,
        recorded.recorded_at, recorded.actor, coalesce(original.occurred_at, line.occurred_at)
)
SELECT late.holding_id, late.position, late.number, late.kind, late.happened_at, late.recorded_at, late.actor, late.change,
    coalesce(late.happened_at < late.counted_at AND late.recorded_at > late.counted_at, false) AS is_after_count,
    coalesce(late.happened_at < stocktake.cut_off_at, false) AS is_before_cut_off,
    (
        SELECT sum(line.change)
        FROM ledger_countoffset AS tie
        JOIN ledger_movementline AS line ON line.depot_id = tie.depot_id AND line.position = tie.position
        WHERE tie.depot_id = stocktake.depot_id AND tie.count_position = stocktake.position
            AND tie.late_position = late.position AND line.holding_id = late.holding_id
    ) AS offset_change
FROM late
CROSS JOIN stocktake
WHERE (late.happened_at < late.counted_at AND late.recorded_at > late.counted_at)
    OR late.happened_at < stocktake.cut_off_at
ORDER BY late.recorded_at, late.position, late.holding_id;
