#!/bin/sh
terraform apply -var "image=$REPOSITORY:$(git rev-parse HEAD)"
