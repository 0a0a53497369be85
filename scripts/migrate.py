"""Bring the database to this checkout's tables and give the application's role its rights on them.

Reads DATABASE_URL (the application's role) and OWNER_DATABASE_URL (who owns the tables; the same when unset). One
process for both commands, because starting Django takes longer than either when there is nothing to do.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django
from django.core.management import call_command
from psycopg.conninfo import conninfo_to_dict

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "logistics.settings")
role = str(conninfo_to_dict(os.environ["DATABASE_URL"]).get("user", "kho_app"))
os.environ["DATABASE_URL"] = os.environ.get("OWNER_DATABASE_URL") or os.environ["DATABASE_URL"]

django.setup()
call_command("migrate", interactive=False)
call_command("grant_app_role", role=role)
