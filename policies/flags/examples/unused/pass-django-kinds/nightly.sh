#!/bin/sh
curl --fail "$FLAGS_URL/read-in-script" && ./nightly
