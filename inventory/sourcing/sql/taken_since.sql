-- taken_since: who took from some piles after an instant, or has them promised since: movements and open allocations.
--   takes   items, depots, lots: text[] of codes; grades: smallint[]; purposes: text[], all of one length; since
--   needs   indexes holding_unique, movement_recorded, the primary key of lines
--   gives   a row per pile and taker, place: the pile's index from 1; what: 'movement' or 'promise'; quantity taken
WITH pile AS MATERIALIZED (
    SELECT asked.place, holding.id, holding.depot_id, depot.code AS depot
    FROM unnest(
        %(items)s::text[], %(depots)s::text[], %(lots)s::text[], %(grades)s::smallint[], %(purposes)s::text[]
    ) WITH ORDINALITY AS asked (item, depot, lot, grade, purpose, place)
    JOIN catalogue_item AS item ON item.code = asked.item
    JOIN depots_depot AS depot ON depot.code = asked.depot
    JOIN catalogue_lot AS lot ON lot.item_id = item.id AND lot.code = asked.lot AND lot.is_exercise = depot.is_exercise
    JOIN ledger_holding AS holding ON holding.depot_id = depot.id
        AND holding.item_id = item.id
        AND holding.lot_id = lot.id
        AND holding.grade = asked.grade
        AND holding.purpose = asked.purpose
)
SELECT pile.place, 'movement' AS what, pile.depot, movement.position, movement.number, movement.kind, movement.actor,
    movement.recorded_at AS at, -sum(line.change) AS quantity
FROM pile
JOIN ledger_movement AS movement ON movement.depot_id = pile.depot_id AND movement.recorded_at > %(since)s
JOIN ledger_movementline AS line ON line.depot_id = movement.depot_id
    AND line.position = movement.position
    AND line.holding_id = pile.id
GROUP BY pile.place, pile.depot, movement.position, movement.number, movement.kind, movement.actor, movement.recorded_at
HAVING sum(line.change) < 0
UNION ALL
SELECT pile.place, 'promise', pile.depot, 0, coalesce(nullif(allocation.document, ''), allocation.reference), '',
    person.login, max(allocation.allocated_at), sum(allocation.quantity)
FROM pile
JOIN ledger_allocation AS allocation ON allocation.depot_id = pile.depot_id
    AND allocation.holding_id = pile.id
    AND allocation.allocated_at > %(since)s
    AND allocation.released_at IS NULL
JOIN accounts_user AS person ON person.id = allocation.allocated_by_id
GROUP BY pile.place, pile.depot, allocation.document, allocation.reference, person.login
ORDER BY place, at;
