-- refresh_statistics: tell the planner what a big posting has written, while the log is young (migration 0003 says why).
--   needs   append run before in this transaction
SELECT refresh_log_statistics();
