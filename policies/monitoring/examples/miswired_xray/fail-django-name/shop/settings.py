INSTALLED_APPS = ["django.contrib.auth", "aws_xray_sdk.ext.django"]

MIDDLEWARE = ["aws_xray_sdk.ext.django.middleware.XRayMiddleware", "django.middleware.common.CommonMiddleware"]

XRAY_RECORDER = {"AUTO_INSTRUMENT": True}  # expect: monitoring/miswired-xray
