-- plan_once: let this transaction's statements run on the plan the session already has.
-- PostgreSQL would plan each of them anew for its values, which costs half of a one-line posting; every one of them
-- finds its rows by unique keys, so the plan never depends on the values.
SET LOCAL plan_cache_mode = force_generic_plan;
