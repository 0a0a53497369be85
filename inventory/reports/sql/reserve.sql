-- reserve: what lay at an instant where each of some norms applies, of its item and for its purpose.
--   takes   norms: bigint[]; past, believed: the instant, see balances_at; known_at: whose expiry and holds; today: the
--           instant's day
--   needs   functions balances_at and deduction_of; UNION and not UNION ALL, so that a circle in the tree ends
--   gives   norm_id, on_hand, unusable (awaiting disposal, expired or held), as norms/stock_of_norms does for now
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
), kept AS (
    SELECT norm.id AS norm_id, norm.item_id, norm.purpose_id, depot.id AS depot_id
    FROM norm
    JOIN below ON below.top = norm.unit_id
    JOIN depots_depot AS depot ON depot.unit_id = below.id
    WHERE NOT depot.is_exercise
    UNION ALL
    SELECT norm.id, norm.item_id, norm.purpose_id, norm.depot_id FROM norm WHERE norm.depot_id IS NOT NULL
), pile AS (
    SELECT holding.item_id, holding.purpose, holding.depot_id, sum(balance.on_hand) AS on_hand,
        coalesce(sum(balance.on_hand) FILTER (
            WHERE deduction_of(
                grade.awaits_disposal, known.expires_date, known.hold_reason, false, %(today)s::date
            ) <> 'available'
        ), 0) AS unusable
    FROM balances_at(
        (SELECT array_agg(DISTINCT kept.depot_id) FROM kept), %(past)s::timestamptz, %(believed)s::timestamptz
    ) AS balance
    JOIN ledger_holding AS holding ON holding.id = balance.holding_id
    JOIN catalogue_qualitygrade AS grade ON grade.grade = holding.grade
    CROSS JOIN LATERAL (
        SELECT history.expires_date, history.hold_reason, 1 AS preference, history.history_date, history.history_id
        FROM catalogue_historicallot AS history
        WHERE history.id = holding.lot_id AND history.history_date <= %(known_at)s::timestamptz
        UNION ALL
        SELECT lot.expires_date, '', 2, NULL, NULL FROM catalogue_lot AS lot WHERE lot.id = holding.lot_id
        ORDER BY preference, history_date DESC, history_id DESC
        LIMIT 1
    ) AS known
    WHERE holding.item_id IN (SELECT norm.item_id FROM norm)
        AND holding.purpose IN (SELECT norm.purpose_id FROM norm)
    GROUP BY holding.item_id, holding.purpose, holding.depot_id
)
SELECT kept.norm_id, coalesce(sum(pile.on_hand), 0), coalesce(sum(pile.unusable), 0), count(*)
FROM kept
LEFT JOIN pile ON pile.item_id = kept.item_id AND pile.purpose = kept.purpose_id AND pile.depot_id = kept.depot_id
GROUP BY kept.norm_id
ORDER BY kept.norm_id;
