-- movement_lines: the lines of one depot's movements of (from_position, to_position], in order.
--   takes   depot, from_position, to_position
-- Quantities and prices leave as whole thousandths and hundredths: exact, and three times as quick as numeric.
-- The pile's codes are not joined here: the reader of this statement has the depot's holdings already.
SELECT
    line.position,
    line.line_no,
    line.entry_no,
    line.holding_id AS holding,
    line.occurred_at,
    (line.change * 1000)::bigint AS change,
    (line.on_hand_after * 1000)::bigint AS on_hand_after,
    (line.transit_change * 1000)::bigint AS transit_change,
    line.consignment_line,
    (line.entered_quantity * 1000)::bigint AS entered_quantity,
    line.entered_unit,
    (line.unit_price * 100)::bigint AS unit_price,
    (line.scheduled_quantity * 1000)::bigint AS scheduled_quantity,
    line.expires_date,
    line.reason,
    CASE WHEN fuel.position IS NOT NULL THEN fuel_figures(fuel) END AS fuel
FROM ledger_movementline AS line
LEFT JOIN ledger_fuelreading AS fuel
    ON fuel.depot_id = line.depot_id AND fuel.position = line.position AND fuel.line_no = line.line_no
WHERE line.depot_id = %(depot)s
    AND line.position > %(from_position)s
    AND line.position <= %(to_position)s
ORDER BY line.position, line.line_no
