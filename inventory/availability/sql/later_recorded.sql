-- later_recorded: the movements dated before an instant but recorded after it, newest first, with how many there are.
--   takes   what as_of.sql takes, but for the page, `believed` being the instant itself; is_narrowed: some
--           goods are asked about and not all; page_size
--   needs   index movement_recorded; positions grow with recorded_at; to be planned with its values
--   gives   with each row the number of all of them, whatever the page
-- A closed month takes no new dates. So only what is dated after the months that were closed at the instant can be late,
-- and nothing can be that stands in the log behind the closing of the month the instant lies in.
WITH bounds AS MATERIALIZED (
    SELECT scope.depot_id,
        (
            SELECT coalesce(max(close.until_at), '-infinity')
            FROM ledger_periodclose AS close
            WHERE close.depot_id = scope.depot_id AND close.closed_at <= %(believed)s::timestamptz
        ) AS from_at,
        coalesce((
            SELECT close.position
            FROM ledger_periodclose AS close
            WHERE close.depot_id = scope.depot_id AND close.until_at > %(believed)s::timestamptz
            ORDER BY close.month_date
            LIMIT 1
        ), log.position) AS to_position,
        coalesce((
            SELECT movement.position
            FROM ledger_movement AS movement
            WHERE movement.depot_id = scope.depot_id AND movement.recorded_at <= %(believed)s::timestamptz
            ORDER BY movement.recorded_at DESC, movement.position DESC
            LIMIT 1
        ), 0) AS after_position
    FROM unnest(%(depots)s::bigint[]) AS scope (depot_id)
    JOIN ledger_depotlog AS log ON log.depot_id = scope.depot_id
), late AS (
    SELECT movement.*
    FROM bounds
    JOIN ledger_movement AS movement ON movement.depot_id = bounds.depot_id
        AND movement.position > bounds.after_position
        AND movement.position <= bounds.to_position
        AND movement.occurred_at >= bounds.from_at
        AND movement.occurred_at < %(past)s::timestamptz
    WHERE NOT %(is_narrowed)s::boolean
        OR EXISTS (
            SELECT 1
            FROM ledger_movementline AS line
            JOIN ledger_holding AS holding ON holding.id = line.holding_id
            JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
            JOIN catalogue_item AS item ON item.id = holding.item_id
            JOIN catalogue_itemgroup AS item_group ON item_group.id = item.group_id
            WHERE line.depot_id = movement.depot_id
                AND line.position = movement.position
                AND (%(grade)s::smallint IS NULL OR holding.grade = %(grade)s::smallint)
                AND (%(purpose)s::text IS NULL OR holding.purpose = %(purpose)s::text)
                AND (%(last_day)s::date IS NULL OR lot.expires_date IS NULL OR lot.expires_date >= %(last_day)s::date)
                AND (%(until_day)s::date IS NULL OR lot.expires_date <= %(until_day)s::date)
                AND (%(item)s::text IS NULL OR item.code = %(item)s::text)
                AND (%(class)s::text IS NULL OR item_group.supply_class_id = %(class)s::text)
                AND (
                    %(group)s::text IS NULL
                    OR item_group.supply_class_id || '-' || item_group.number = %(group)s::text
                )
                AND (%(items)s::text[] IS NULL OR item.code = ANY(%(items)s::text[]))
                AND (%(longest)s::text IS NULL OR item.words LIKE %(longest)s::text)
                AND (%(words)s::text[] IS NULL OR item.words LIKE ALL(%(words)s::text[]))
        )
)
SELECT count(*) OVER () AS total, depot.code AS depot, late.position, late.number, late.kind, late.occurred_at,
    late.recorded_at, late.actor, late.reason
FROM late
JOIN depots_depot AS depot ON depot.id = late.depot_id
ORDER BY late.recorded_at DESC, depot.code, late.position DESC
LIMIT %(page_size)s::integer;
