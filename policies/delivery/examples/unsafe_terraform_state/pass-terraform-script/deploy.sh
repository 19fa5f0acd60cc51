#!/bin/sh
sed "s/BUCKET/$STATE_BUCKET/" backend.template > backend.tf
terraform init && terraform apply
