from aws_lambda_powertools.utilities.feature_flags import AppConfigStore, FeatureFlags

features = FeatureFlags(store=AppConfigStore(environment="prod", application="shop", name="flags"))


def handler(event, context):
    return features.evaluate(name="webp", default=False)
