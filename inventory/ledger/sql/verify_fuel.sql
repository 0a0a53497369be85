-- verify_fuel: readings that do not add up: kg_after that is not the sum of the pile's kg so far; litres at 15 °C or kg
-- that do not follow from the reading, or are not those of the line; and lines of a measured pile without a reading.
--   takes   depot_id or null
-- Litres give kg where litres were observed, kg give litres where kg were weighed: rounded to thousandths either way.
WITH measured AS (
    SELECT fuel.*, line.holding_id AS line_holding_id, line.change, line.on_hand_after, line.entered_quantity,
        line.scheduled_quantity, line.entry_no, movement.kind, movement.reverses,
        (fuel.litres_15 = round(fuel.litres * fuel.factor, 3)
            AND fuel.kg = round(fuel.litres_15 * fuel.density_15 / 1000, 3))
        OR (line.entered_unit = 'KGM' AND fuel.kg = abs(line.entered_quantity)
            AND abs(fuel.litres_15 * fuel.density_15 - fuel.kg * 1000) <= 0.0005 * fuel.density_15
            AND abs(fuel.litres * fuel.factor - fuel.litres_15) <= 0.0005 * fuel.factor) AS follows,
        sum(fuel.kg_change) OVER (PARTITION BY fuel.holding_id ORDER BY fuel.position, fuel.line_no) AS running
    FROM ledger_fuelreading AS fuel
    JOIN ledger_movementline AS line
        ON line.depot_id = fuel.depot_id AND line.position = fuel.position AND line.line_no = fuel.line_no
    JOIN ledger_movement AS movement ON movement.depot_id = fuel.depot_id AND movement.position = fuel.position
    WHERE %(depot_id)s::bigint IS NULL OR fuel.depot_id = %(depot_id)s
), first AS (
    SELECT measured.depot_id, measured.holding_id, min(measured.position) AS position
    FROM measured
    GROUP BY measured.depot_id, measured.holding_id
)
SELECT depot.code || '/' || measured.position,
    CASE
        WHEN measured.line_holding_id <> measured.holding_id
            THEN 'Line ' || measured.line_no || ' was measured in another pile'
        WHEN measured.running <> measured.kg_after
            THEN 'Line ' || measured.line_no || ' says ' || measured.kg_after || ' kg after it; the log says '
                || measured.running
        WHEN measured.on_hand_after = 0 AND measured.kg_after <> 0
            THEN 'Line ' || measured.line_no || ' leaves no litres but ' || measured.kg_after || ' kg'
        WHEN NOT measured.follows
            THEN 'Line ' || measured.line_no || ' reads ' || measured.litres_15 || ' litres at 15 °C and '
                || measured.kg || ' kg, which does not follow from its reading'
        ELSE 'Line ' || measured.line_no || ' changes ' || measured.change || ' litres and ' || measured.kg_change
            || ' kg, but ' || measured.litres_15 || ' litres and ' || measured.kg || ' kg were measured'
    END
FROM measured
JOIN depots_depot AS depot ON depot.id = measured.depot_id
WHERE measured.line_holding_id <> measured.holding_id
    OR measured.running <> measured.kg_after
    OR (measured.on_hand_after = 0 AND measured.kg_after <> 0)
    OR NOT measured.follows
    OR (measured.kind NOT IN ('stocktake', 'reversal') AND (
        abs(measured.change) <> measured.litres_15
        OR (measured.on_hand_after <> 0 AND measured.kg_change <> sign(measured.change) * measured.kg)))
    OR (measured.kind = 'stocktake' AND measured.scheduled_quantity IS NOT NULL
        AND measured.entered_quantity <> measured.litres_15)
UNION ALL
SELECT depot.code || '/' || line.position,
    'Line ' || line.line_no || ' changes a pile of liquid fuel that is measured, but was not'
FROM first
JOIN depots_depot AS depot ON depot.id = first.depot_id
JOIN ledger_movementline AS line
    ON line.depot_id = first.depot_id AND line.holding_id = first.holding_id AND line.position > first.position
WHERE line.change <> 0
    AND NOT EXISTS (
        SELECT 1 FROM ledger_fuelreading AS fuel
        WHERE fuel.depot_id = line.depot_id AND fuel.position = line.position AND fuel.line_no = line.line_no
    )
ORDER BY 1;
