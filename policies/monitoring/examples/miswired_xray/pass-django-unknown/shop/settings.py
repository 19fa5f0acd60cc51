from company.settings import MIDDLEWARE  # undecided: monitoring/miswired-xray

INSTALLED_APPS = ["django.contrib.auth", "aws_xray_sdk.ext.django"]
