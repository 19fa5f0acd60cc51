from django.conf import settings


def page(request):
    return settings.FEATURE_GIFTS
