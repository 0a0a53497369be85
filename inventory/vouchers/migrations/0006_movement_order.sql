-- 0006_movement_order: the order a voucher was made from stays, whoever asks.
CREATE FUNCTION refuse_other_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'voucher %: the order it was made from stays', old.id USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER voucher_keeps_order BEFORE UPDATE ON vouchers_voucher
    FOR EACH ROW WHEN (old.movement_order IS DISTINCT FROM new.movement_order)
    EXECUTE FUNCTION refuse_other_order();
ALTER TABLE vouchers_voucher ENABLE ALWAYS TRIGGER voucher_keeps_order;
