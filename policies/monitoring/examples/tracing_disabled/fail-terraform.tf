# expect: monitoring/tracing-disabled
resource "aws_lambda_function" "bare" {
  function_name = "bare"
  role          = "arn:aws:iam::111122223333:role/bare"
}

resource "aws_lambda_function" "passing" {
  function_name = "passing"
  role          = "arn:aws:iam::111122223333:role/passing"

  tracing_config {
    mode = "PassThrough" # expect: monitoring/tracing-disabled
  }
}

# expect: monitoring/tracing-disabled
resource "aws_api_gateway_stage" "live" {
  stage_name    = "live"
  rest_api_id   = "a1b2c3"
  deployment_id = "d4e5f6"
}

resource "aws_sfn_state_machine" "orders" {
  name       = "orders"
  role_arn   = "arn:aws:iam::111122223333:role/orders"
  definition = "{}"

  tracing_configuration {
    enabled = false # expect: monitoring/tracing-disabled
  }
}

# expect: monitoring/tracing-disabled
resource "aws_elastic_beanstalk_environment" "web" {
  name        = "web"
  application = "shop"
}
