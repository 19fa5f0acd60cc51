#!/bin/sh
aws s3 mb s3://shop-media # expect: delivery/no-infrastructure-code
