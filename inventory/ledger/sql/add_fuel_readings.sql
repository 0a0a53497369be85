-- add_fuel_readings: keep what was measured of lines of liquid fuel.
--   takes   readings: json array of {depot_id, position, line_no, holding_id, and the figures of FUEL in chain.py}
--   needs   the lines, written before it in this transaction
INSERT INTO ledger_fuelreading (
    depot_id, position, line_no, holding_id, litres, temperature, density, density_15, factor, litres_15, kg, conversion,
    kg_change, kg_after)
SELECT depot_id, position, line_no, holding_id, litres, temperature, density, density_15, factor, litres_15, kg,
    conversion, kg_change, kg_after
FROM json_to_recordset(%(readings)s::json) AS reading (
    depot_id bigint, position bigint, line_no integer, holding_id bigint, litres numeric, temperature numeric,
    density numeric, density_15 numeric, factor numeric, litres_15 numeric, kg numeric, conversion text,
    kg_change numeric, kg_after numeric);
