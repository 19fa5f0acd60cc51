#!/bin/sh
aws cloudformation deploy --stack-name shop --template-file stack.yaml --tags Project=shop "Stage=$STAGE" Team=web
