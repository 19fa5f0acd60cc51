variable "alarms" { # undecided: flags/appconfig-without-rollback
  type = list(string)
}

variable "kind" { # undecided: flags/appconfig-without-rollback
  type = string
}

resource "aws_appconfig_application" "shop" {
  name = "shop"
}

resource "aws_appconfig_application" "settings" {
  name = "settings"
}

resource "aws_appconfig_application" "other" {
  name = "other"
}

resource "aws_appconfig_configuration_profile" "flags" {
  application_id = aws_appconfig_application.shop.id
  name           = "flags"
  location_uri   = "hosted"
  type           = "AWS.AppConfig.FeatureFlags"
}

resource "aws_appconfig_configuration_profile" "settings" {
  application_id = aws_appconfig_application.settings.id
  name           = "settings"
  location_uri   = "hosted"
}

resource "aws_appconfig_configuration_profile" "other" {
  application_id = aws_appconfig_application.other.id
  name           = "other"
  location_uri   = "hosted"
  type           = var.kind
}

resource "aws_appconfig_environment" "prod" {
  name           = "prod"
  application_id = aws_appconfig_application.shop.id

  monitor {
    alarm_arn      = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:shop-errors"
    alarm_role_arn = aws_iam_role.appconfig.arn
  }
}

resource "aws_appconfig_environment" "staging" {
  name           = "shop-staging"
  application_id = aws_appconfig_application.shop.id
}

resource "aws_appconfig_environment" "given" {
  name           = "live"
  application_id = aws_appconfig_application.shop.id

  dynamic "monitor" {
    for_each = var.alarms
    content {
      alarm_arn = monitor.value
    }
  }
}

# No flags in this application.
resource "aws_appconfig_environment" "settings" {
  name           = "prod"
  application_id = aws_appconfig_application.settings.id
}

resource "aws_appconfig_environment" "other" {
  name           = "prod"
  application_id = aws_appconfig_application.other.id
}
