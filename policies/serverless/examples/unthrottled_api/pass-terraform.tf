resource "aws_api_gateway_rest_api" "shop" {
  name = "shop"
}

resource "aws_api_gateway_stage" "live" {
  rest_api_id   = aws_api_gateway_rest_api.shop.id
  deployment_id = "abc"
  stage_name    = "live"
}

resource "aws_api_gateway_method_settings" "live" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  stage_name  = aws_api_gateway_stage.live.stage_name
  method_path = "*/*"

  settings {
    throttling_burst_limit = 100
    throttling_rate_limit  = 50
  }
}

resource "aws_apigatewayv2_stage" "live" {
  api_id = "abc"
  name   = "$default"

  default_route_settings {
    throttling_burst_limit = 100
    throttling_rate_limit  = 50
  }
}

# a web ACL stands in front
resource "aws_api_gateway_stage" "guarded" {
  rest_api_id   = "abc"
  deployment_id = "abc"
  stage_name    = "guarded"
}

resource "aws_wafv2_web_acl_association" "guarded" {
  resource_arn = aws_api_gateway_stage.guarded.arn
  web_acl_arn  = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/shop/1"
}

resource "aws_api_gateway_rest_api" "inside" {
  name = "inside"
  endpoint_configuration {
    types = ["PRIVATE"]
  }
}

resource "aws_api_gateway_stage" "inside" {
  rest_api_id   = aws_api_gateway_rest_api.inside.id
  deployment_id = "abc"
  stage_name    = "inside"
}
