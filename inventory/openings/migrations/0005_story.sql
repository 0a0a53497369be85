-- 0005_story: what was done with a file is only ever added to.
-- refuse_other_file: neither the file nor who brought it changes, and nothing leaves its story; once written, nothing of
-- it changes, and none is taken away.
CREATE OR REPLACE FUNCTION refuse_other_file() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tg_op = 'DELETE' OR old.state IN ('posted', 'withdrawn') OR
        (new.content, new.sha256, new.file_name, new.purpose, new.depot_id, new.uploaded_by_id, new.uploaded_at)
        IS DISTINCT FROM
        (old.content, old.sha256, old.file_name, old.purpose, old.depot_id, old.uploaded_by_id, old.uploaded_at)
    THEN
        RAISE EXCEPTION 'file % stays as it was brought', old.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF new.story IS DISTINCT FROM old.story AND EXISTS (
        SELECT
        FROM jsonb_array_elements(old.story) WITH ORDINALITY AS told (entry, number)
        WHERE new.story -> (told.number - 1)::integer IS DISTINCT FROM told.entry
    ) THEN
        RAISE EXCEPTION 'the story of file % is only added to', old.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN new;
END $$;
