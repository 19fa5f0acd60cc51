"""Makes the thumbnails of one product picture for each message."""

import json
import os

import boto3
from aws_lambda_powertools.utilities.feature_flags import AppConfigStore, FeatureFlags
from PIL import Image

WIDTHS = (160, 480)

s3 = boto3.client("s3")
flags = FeatureFlags(
    store=AppConfigStore(environment="production", application=os.environ["FLAGS_APPLICATION"], name="flags")
)


def handler(event, context):
    for message in event["Records"]:
        resize(json.loads(message["body"])["key"])


def resize(key):
    bucket = os.environ["MEDIA_BUCKET"]
    # The only place a function may write to.
    original = "/tmp/original"  # nosec B108 -- one invocation at a time owns the function's /tmp
    s3.download_file(bucket, key, original)
    for width in WIDTHS:
        for suffix in formats():
            with Image.open(original) as picture:
                picture.thumbnail((width, width))
                picture.save(f"{original}-{width}.{suffix}")
            s3.upload_file(f"{original}-{width}.{suffix}", bucket, f"thumbnails/{width}/{key}.{suffix}")


def formats():
    found = ["jpeg"]
    if flags.evaluate(name="webp-output", default=True):
        found.append("webp")
    if flags.evaluate(name="avif-output", default=False):
        found.append("avif")
    return found
