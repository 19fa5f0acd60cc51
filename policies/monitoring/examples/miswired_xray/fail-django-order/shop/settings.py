INSTALLED_APPS = ["django.contrib.auth", "aws_xray_sdk.ext.django"]

# expect: monitoring/miswired-xray
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "aws_xray_sdk.ext.django.middleware.XRayMiddleware",
]

XRAY_RECORDER = {"AWS_XRAY_TRACING_NAME": "shop"}
