#!/bin/sh
set -e
python manage.py migrate --noinput # expect: delivery/migration-at-container-start
exec gunicorn shop.wsgi
