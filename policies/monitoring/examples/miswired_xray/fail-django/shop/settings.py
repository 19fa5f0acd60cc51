INSTALLED_APPS = ["django.contrib.auth", "aws_xray_sdk.ext.django"]

MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]  # expect: monitoring/miswired-xray

XRAY_RECORDER = {
    "AWS_XRAY_TRACING_NAME": "shop",
    "AWS_XRAY_CONTEXT_MISSING": "RUNTIME_ERROR",  # expect: monitoring/miswired-xray
}
