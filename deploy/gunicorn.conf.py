"""How gunicorn serves the site, under ./run and under systemd alike. PORT and WEB_WORKERS come from the environment."""

import os
from pathlib import Path

wsgi_app = "logistics.wsgi"
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"

# Two processes share the cores; their threads wait for the database. One thread keeps one connection, so
# workers x threads stays well under the cluster's max_connections.
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = 8
keepalive = 75  # seconds; longer than a proxy keeps idle connections, so that the proxy closes them, not we
timeout = 60  # seconds without a sign of life before a worker is replaced
graceful_timeout = 20

# Each worker opens its own connections; nothing here leaks that a periodic restart would have to hide.
preload_app = False
max_requests = 0

# Gunicorn would put its control socket into the home folder, outside the checkout; we never use it.
control_socket_disable = True
# Heartbeats are files touched every second: memory serves them without waiting for the disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
