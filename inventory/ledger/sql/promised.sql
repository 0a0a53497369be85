-- promised: how much of which piles is promised to documents.
--   takes   depots, references: text[] side by side
--   needs   the depots' logs locked, when stock is to be taken by the answer
SELECT depot.code, allocation.reference, allocation.holding_id, sum(allocation.quantity) AS quantity
FROM unnest(%(depots)s::text[], %(references)s::text[]) AS asked (depot, reference)
JOIN depots_depot AS depot ON depot.code = asked.depot
JOIN ledger_allocation AS allocation
    ON allocation.depot_id = depot.id AND allocation.reference = asked.reference AND allocation.released_at IS NULL
GROUP BY depot.code, allocation.reference, allocation.holding_id
ORDER BY depot.code, allocation.reference, allocation.holding_id;
