#!/bin/sh
aws cloudformation deploy --stack-name shop --template-file stack.yaml --tags $TAGS # expect: cost/unverifiable-tags
