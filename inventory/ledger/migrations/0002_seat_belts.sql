-- 0002_seat_belts: what the database refuses whoever asks, so that no program can bend a logbook.

-- 1. The log, the closings and the histories are append-only. ENABLE ALWAYS: not even a session that plays a replica
--    slips by. Only the tables' owner could take a trigger off, and no running part of the store connects as owner.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on %: this table is append-only; a mistake is undone by posting its reversal',
        tg_op, tg_table_name USING ERRCODE = 'restrict_violation';
END $$;

-- make_append_only: put the trigger on a table; migrations of other rooms call it for theirs.
CREATE FUNCTION make_append_only(log_table regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %s
         FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', log_table);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER append_only', log_table);
END $$;

SELECT make_append_only(log_table)
FROM unnest(ARRAY[
    'ledger_movement', 'ledger_movementline', 'ledger_periodclose', 'ledger_closingbalance', 'ledger_witnessedhead'
]::regclass[]) AS log_table;

-- 2. Business codes name things in hashes and on paper, so they never change once given.
CREATE FUNCTION refuse_new_code() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(new) -> tg_argv[0] IS DISTINCT FROM to_jsonb(old) -> tg_argv[0] THEN
        RAISE EXCEPTION '%.% never changes once given (% stays)', tg_table_name, tg_argv[0],
            to_jsonb(old) ->> tg_argv[0] USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN new;
END $$;

CREATE TRIGGER code_stays BEFORE UPDATE OF code ON depots_depot FOR EACH ROW EXECUTE FUNCTION refuse_new_code('code');
CREATE TRIGGER code_stays BEFORE UPDATE OF code ON depots_bin FOR EACH ROW EXECUTE FUNCTION refuse_new_code('code');
CREATE TRIGGER code_stays BEFORE UPDATE OF code ON catalogue_item FOR EACH ROW EXECUTE FUNCTION refuse_new_code('code');
CREATE TRIGGER code_stays BEFORE UPDATE OF code ON catalogue_lot FOR EACH ROW EXECUTE FUNCTION refuse_new_code('code');
CREATE TRIGGER unit_stays BEFORE UPDATE OF base_unit_id ON catalogue_item
    FOR EACH ROW EXECUTE FUNCTION refuse_new_code('base_unit_id');

-- 3. A line belongs to a movement. (The ORM has no foreign key to a composite primary key.)
ALTER TABLE ledger_movementline ADD CONSTRAINT line_movement_fk
    FOREIGN KEY (depot_id, position) REFERENCES ledger_movement (depot_id, position);
ALTER TABLE ledger_consignmentline ADD CONSTRAINT consignment_movement_fk
    FOREIGN KEY (depot_id, position) REFERENCES ledger_movement (depot_id, position);

-- 4. numeric has a NaN that passes every comparison.
ALTER TABLE ledger_movementline ADD CONSTRAINT line_change_is_a_number
    CHECK (change <> 'NaN' AND transit_change <> 'NaN' AND entered_quantity <> 'NaN');

-- 5. Rows that change often leave room on their page for the next version.
ALTER TABLE ledger_depotlog SET (fillfactor = 20);
ALTER TABLE ledger_voucherseries SET (fillfactor = 20);
ALTER TABLE ledger_holding SET (fillfactor = 70);
