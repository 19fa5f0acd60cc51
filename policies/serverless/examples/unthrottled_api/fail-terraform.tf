resource "aws_api_gateway_rest_api" "shop" {
  name = "shop"
}

# expect: serverless/unthrottled-api
resource "aws_api_gateway_stage" "live" {
  rest_api_id   = aws_api_gateway_rest_api.shop.id
  deployment_id = "abc"
  stage_name    = "live"
}

# expect: serverless/unthrottled-api
resource "aws_apigatewayv2_stage" "live" {
  api_id = "abc"
  name   = "$default"

  default_route_settings {
    detailed_metrics_enabled = true
  }
}
