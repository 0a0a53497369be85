-- 0002_seat_belts: a file that was brought stays what it was, whoever asks the database to change it.
SELECT make_append_only('openings_historicalcrosswalk');
SELECT make_append_only('openings_historicalcolumnmapping');

-- refuse_other_file: neither the file nor who brought it changes; once written, nothing does, and none is taken away.
CREATE FUNCTION refuse_other_file() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tg_op = 'DELETE' OR old.state IN ('posted', 'withdrawn') OR
        (new.content, new.sha256, new.file_name, new.purpose, new.depot_id, new.uploaded_by_id, new.uploaded_at)
        IS DISTINCT FROM
        (old.content, old.sha256, old.file_name, old.purpose, old.depot_id, old.uploaded_by_id, old.uploaded_at)
    THEN
        RAISE EXCEPTION 'file % stays as it was brought', old.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER file_stays BEFORE UPDATE OR DELETE ON openings_upload FOR EACH ROW EXECUTE FUNCTION refuse_other_file();
ALTER TABLE openings_upload ENABLE ALWAYS TRIGGER file_stays;
