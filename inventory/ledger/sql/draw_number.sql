-- draw_number: the next number of a series of papers in a depot and a year; the series begins at 1.
--   takes   depot_id; series (two letters, glossary section 2); year
--   needs   a transaction: whoever asks next waits until it ends, and a number whose transaction fails is given again
--   holds   no number is left out; series of movements are drawn by append.sql, under the lock of the log
INSERT INTO ledger_voucherseries AS given (depot_id, series, year, last_number)
VALUES (%(depot_id)s, %(series)s, %(year)s, 1)
ON CONFLICT (depot_id, series, year) DO UPDATE SET last_number = given.last_number + 1
RETURNING last_number;
