INSTALLED_APPS = ["aws_xray_sdk.ext.django"]
