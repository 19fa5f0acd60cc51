#!/bin/sh
python manage.py waffle_sample from-command 50 --create
