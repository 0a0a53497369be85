"""Bring the database to this checkout's tables and give the application's role its rights on them.

Reads DATABASE_URL (the application's role) and OWNER_DATABASE_URL (who owns the tables; the same when unset). One
process for both commands, because starting Django takes longer than either when there is nothing to do.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django
import psycopg
from django.core.management import call_command
from psycopg.conninfo import conninfo_to_dict

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "logistics.settings")

# scripts/env gives both the one address that was given: then it is told by the name it was given under.
owner = "OWNER_DATABASE_URL"
if os.environ.get(owner) in {None, "", os.environ["DATABASE_URL"]}:
    owner = "DATABASE_URL"
name = "DATABASE_URL"
try:
    role = str(conninfo_to_dict(os.environ[name]).get("user", "kho_app"))
    name = owner
    psycopg.connect(os.environ[name], connect_timeout=10).close()
except psycopg.ProgrammingError as error:
    sys.exit(f"{name} is no address of a database, such as postgresql://user:password@host:5432/name: {error}".strip())
except psycopg.OperationalError as error:
    sys.exit(f"The database that {name} names does not answer: {error}".strip())
os.environ["DATABASE_URL"] = os.environ[owner]

django.setup()
call_command("migrate", interactive=False)
call_command("grant_app_role", role=role)
