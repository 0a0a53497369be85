-- 0006_rows_digest: files that wait since before their day was noted have waited since they were last checked.
UPDATE openings_upload
SET submitted_at = coalesce(checked_at, uploaded_at)
WHERE state = 'submitted' AND submitted_at IS NULL;
