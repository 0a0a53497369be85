-- 0002_seat_belts: what the database refuses of orders whoever asks.

-- 1. An order and its lines are never taken away; what it orders stays, and done quantities only grow.
CREATE FUNCTION refuse_change_of_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tg_op IN ('DELETE', 'TRUNCATE') THEN
        RAISE EXCEPTION '% on %: an order is cancelled, never taken away', tg_op, tg_table_name
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF tg_table_name = 'requisitions_movementorder' THEN
        IF old.status IN ('done', 'cancelled', 'expired') THEN
            RAISE EXCEPTION 'order % is %; nothing of it changes any more', old.number, old.status
                USING ERRCODE = 'restrict_violation';
        END IF;
        IF (old.id, old.number, old.kind, old.depot_id, old.basis) <> (new.id, new.number, new.kind, new.depot_id, new.basis)
        THEN
            RAISE EXCEPTION 'order %: its name, depot and basis stay', old.number USING ERRCODE = 'restrict_violation';
        END IF;
    ELSIF (old.order_id, old.line_no, old.item_id, old.quantity) <> (new.order_id, new.line_no, new.item_id, new.quantity)
        OR new.done < old.done THEN
        RAISE EXCEPTION 'line % of an order: what it orders stays, and what is done is not undone', old.line_no
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN new;
END $$;

CREATE TRIGGER order_stays BEFORE UPDATE OR DELETE ON requisitions_movementorder
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_order();
CREATE TRIGGER order_line_stays BEFORE UPDATE OR DELETE ON requisitions_orderline
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_order();
CREATE TRIGGER orders_stay BEFORE TRUNCATE ON requisitions_movementorder
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_order();
CREATE TRIGGER order_lines_stay BEFORE TRUNCATE ON requisitions_orderline
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_order();
ALTER TABLE requisitions_movementorder ENABLE ALWAYS TRIGGER order_stays;
ALTER TABLE requisitions_movementorder ENABLE ALWAYS TRIGGER orders_stay;
ALTER TABLE requisitions_orderline ENABLE ALWAYS TRIGGER order_line_stays;
ALTER TABLE requisitions_orderline ENABLE ALWAYS TRIGGER order_lines_stay;

-- 2. A voucher's order exists. (The vouchers' room is below this one and cannot name it in its own models.)
ALTER TABLE vouchers_voucher ADD CONSTRAINT voucher_movement_order_fk
    FOREIGN KEY (movement_order) REFERENCES requisitions_movementorder (id) DEFERRABLE INITIALLY DEFERRED;

-- 3. Histories are append-only, like the log.
SELECT make_append_only(log_table)
FROM unnest(ARRAY[
    'requisitions_historicalrequisition', 'requisitions_historicalmovementorder', 'requisitions_historicalapprovallevel'
]::regclass[]) AS log_table;
