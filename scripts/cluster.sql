-- cluster: make the roles, the template and the application's database where they are missing.
--   takes   psql variables admin_password, owner_password, app_password (hexadecimal digits)
--   needs   the superuser, connected to "postgres"; may be run again at any time
-- The extensions sit in a template because PostGIS is not a trusted extension: databases cloned from it
-- (the application's, each test run's) have it without their owner being a superuser.
\set ON_ERROR_STOP on
SET client_min_messages = warning;

SELECT 'CREATE ROLE kho_owner LOGIN CREATEDB'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kho_owner') \gexec
SELECT 'CREATE ROLE kho_app LOGIN'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kho_app') \gexec
ALTER ROLE kho_owner PASSWORD :'owner_password';
ALTER ROLE kho_app PASSWORD :'app_password';

SELECT 'CREATE DATABASE kho_template'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'kho_template') \gexec
\connect kho_template
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gist;
ALTER DATABASE kho_template IS_TEMPLATE true;

-- A database cannot be cloned while somebody is connected to it.
\connect postgres
SELECT 'CREATE DATABASE kho TEMPLATE kho_template OWNER kho_owner'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'kho') \gexec
