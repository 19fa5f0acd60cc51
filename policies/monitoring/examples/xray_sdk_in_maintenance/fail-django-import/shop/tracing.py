from aws_xray_sdk.core import patch_all # expect: monitoring/xray-sdk-in-maintenance

patch_all()
