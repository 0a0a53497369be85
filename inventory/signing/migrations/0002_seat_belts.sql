-- 0002_seat_belts: what the database refuses of signed papers and scans, whoever asks.

-- 1. Signatures, scans and what is said of them stay.
SELECT make_append_only(log_table)
FROM unnest(ARRAY[
    'signing_signedpaper', 'signing_scan', 'signing_scanwithdrawal', 'signing_historicalseal',
    'signing_historicalsignaturepicture'
]::regclass[]) AS log_table;

-- 2. A digest is that of the bytes beside it.
ALTER TABLE signing_signedpaper ADD CONSTRAINT signed_paper_digest
    CHECK (sha256 = encode(sha256(content), 'hex'));
ALTER TABLE signing_scan ADD CONSTRAINT scan_digest
    CHECK (sha256 = encode(sha256(content), 'hex') AND size = octet_length(content));

-- 3. These bytes are compressed already.
ALTER TABLE signing_signedpaper ALTER COLUMN content SET STORAGE EXTERNAL;
ALTER TABLE signing_scan ALTER COLUMN content SET STORAGE EXTERNAL;
