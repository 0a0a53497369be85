-- stock_of_norms: what lies where each of some norms applies, of its item and for its purpose.
--   takes   norms: bigint[]; today: date, whose expiry counts
--   needs   function deduction_of; index holding_stocked; UNION and not UNION ALL, so that a circle in the tree ends
--   gives   norm_id, on_hand, unusable (awaiting disposal, expired or held), depots (how many are looked into); a row
--           for every norm, also where nothing lies. Exercise depots hold nothing that counts
WITH RECURSIVE norm AS (
    SELECT found.id, found.unit_id, found.depot_id, found.item_id, found.purpose_id
    FROM norms_reservenorm AS found
    WHERE found.id = ANY(%(norms)s::bigint[])
), below AS (
    SELECT DISTINCT norm.unit_id AS top, norm.unit_id AS id FROM norm WHERE norm.unit_id IS NOT NULL
    UNION
    SELECT below.top, child.id
    FROM depots_organisationunit AS child
    JOIN below ON child.parent_id = below.id
), place AS (
    SELECT below.top AS unit_id, NULL::bigint AS only_depot, depot.id AS depot_id
    FROM below
    JOIN depots_depot AS depot ON depot.unit_id = below.id
    WHERE NOT depot.is_exercise
    UNION ALL
    SELECT DISTINCT NULL::bigint, norm.depot_id, norm.depot_id FROM norm WHERE norm.depot_id IS NOT NULL
), kept AS (
    SELECT norm.id AS norm_id, norm.item_id, norm.purpose_id, place.depot_id
    FROM norm
    JOIN place ON place.unit_id = norm.unit_id OR place.only_depot = norm.depot_id
), pile AS (
    SELECT holding.item_id, holding.purpose, holding.depot_id,
        sum(holding.on_hand) AS on_hand,
        coalesce(sum(holding.on_hand) FILTER (
            WHERE deduction_of(
                grade.awaits_disposal, lot.expires_date, lot.hold_reason, false, %(today)s::date
            ) <> 'available'
        ), 0) AS unusable
    FROM ledger_holding AS holding
    JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
    JOIN catalogue_qualitygrade AS grade ON grade.grade = holding.grade
    WHERE holding.is_stocked
        AND holding.item_id IN (SELECT norm.item_id FROM norm)
        AND holding.purpose IN (SELECT norm.purpose_id FROM norm)
    GROUP BY holding.item_id, holding.purpose, holding.depot_id
)
SELECT norm.id, coalesce(stock.on_hand, 0), coalesce(stock.unusable, 0), coalesce(stock.depots, 0)
FROM norm
LEFT JOIN (
    SELECT kept.norm_id, count(*) AS depots, sum(pile.on_hand) AS on_hand, sum(pile.unusable) AS unusable
    FROM kept
    LEFT JOIN pile
        ON pile.item_id = kept.item_id AND pile.purpose = kept.purpose_id AND pile.depot_id = kept.depot_id
    GROUP BY kept.norm_id
) AS stock ON stock.norm_id = norm.id
ORDER BY norm.id;
