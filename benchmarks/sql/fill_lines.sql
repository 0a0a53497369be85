-- fill_lines: the lines of every pile's life: a receipt, then issues until the lot is used up or the log ends.
--   takes   what fill_piles takes
--   needs   fill_piles run before, and nothing else
INSERT INTO ledger_movementline (
    depot_id, position, line_no, entry_no, holding_id, occurred_at, change, on_hand_after, transit_change,
    entered_quantity, entered_unit, expires_date, reason)
SELECT holding.depot_id, round.no * %(groups)s + kept.at / %(per_movement)s + 1,
    kept.at %% %(per_movement)s + 1, kept.at %% %(per_movement)s + 1, holding.id,
    %(start_at)s + make_interval(secs => (round.no * %(groups)s + kept.at / %(per_movement)s) * %(step)s),
    CASE WHEN round.no %% %(life)s = 0 THEN %(received)s ELSE -%(issued)s END,
    %(received)s - %(issued)s * (round.no %% %(life)s), 0,
    CASE WHEN round.no %% %(life)s = 0 THEN %(received)s ELSE %(issued)s END, 'KGM', aged.expires_date, ''
FROM ledger_holding AS holding
JOIN kept ON kept.item_id = holding.item_id
JOIN aged ON aged.lot_id = holding.lot_id
CROSS JOIN LATERAL generate_series(aged.age * %(life)s, least((aged.age + 1) * %(life)s, %(rounds)s) - 1)
    AS round (no)
ORDER BY holding.depot_id, round.no, kept.at;
