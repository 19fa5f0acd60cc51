import os

INSTALLED_APPS = ["django.contrib.auth"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
]

INSTALLED_APPS += ["aws_xray_sdk.ext.django"]
MIDDLEWARE = ["aws_xray_sdk.ext.django.middleware.XRayMiddleware"] + MIDDLEWARE

XRAY_RECORDER = {
    "AWS_XRAY_TRACING_NAME": os.environ.get("SERVICE_NAME", "shop"),
    "AWS_XRAY_CONTEXT_MISSING": os.environ.get("XRAY_CONTEXT_MISSING", "LOG_ERROR"),
}
