from aws_lambda_powertools.utilities.feature_flags import FeatureFlags
from django.conf import settings
from flags.state import flag_enabled
from shop.kitchen import flag_is_active as hoisted
from waffle import flag_is_active, sample_is_active, switch_is_active


def page(request, store):
    return (
        flag_is_active(request, "from-registry")
        and flag_is_active(request, "from-migration")
        and switch_is_active("from-fixture")
        and sample_is_active("from-command")
        and flag_enabled("FROM_SETTING", request=request)
        and FeatureFlags(store=store).evaluate(name="from-appconfig", default=False)
        and settings.ENABLE_TIPS
        and hoisted(request, "a pennant")
    )
