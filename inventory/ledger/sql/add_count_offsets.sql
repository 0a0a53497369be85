-- add_count_offsets: tie a movement that offsets a late entry to the stocktake it upholds and to the entry.
--   takes   offsets: json array of {depot_id, position, count_position, late_position}
INSERT INTO ledger_countoffset (depot_id, position, count_position, late_position)
SELECT depot_id, position, count_position, late_position
FROM json_to_recordset(%(offsets)s::json)
    AS offset_ (depot_id bigint, position bigint, count_position bigint, late_position bigint);
