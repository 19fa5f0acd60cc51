"""gunicorn's configuration; it reads this file by itself."""

import os

# The container has one interface and the security group admits the load balancer only.
bind = "0.0.0.0:8000"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
timeout = 30
graceful_timeout = 25
keepalive = 75
accesslog = "-"
# Heartbeats on the overlay file system block; gunicorn's FAQ asks for memory.
worker_tmp_dir = "/dev/shm"  # nosec B108 -- gunicorn makes its own unpredictable names in there
