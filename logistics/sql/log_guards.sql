-- log_guards: how each append-only table is guarded against the role that asks.
--   takes   nothing
SELECT log_table.relname AS name,
    guard.tgenabled = 'A' AS is_guarded_always,
    pg_has_role(current_user, log_table.relowner, 'MEMBER') AS is_ours,
    has_table_privilege(current_user, log_table.oid, 'UPDATE')
        OR has_table_privilege(current_user, log_table.oid, 'DELETE')
        OR has_table_privilege(current_user, log_table.oid, 'TRUNCATE') AS may_change
FROM pg_trigger AS guard
JOIN pg_class AS log_table ON log_table.oid = guard.tgrelid
WHERE guard.tgname = 'append_only'
ORDER BY log_table.relname;
