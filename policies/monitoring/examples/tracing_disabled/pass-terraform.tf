# undecided: monitoring/tracing-disabled
variable "layers" {
  type = list(string)
}

resource "aws_lambda_function" "active" {
  function_name = "active"
  role          = "arn:aws:iam::111122223333:role/active"

  tracing_config {
    mode = "Active"
  }
}

resource "aws_lambda_function" "wrapped" {
  function_name = "wrapped"
  role          = "arn:aws:iam::111122223333:role/wrapped"
  layers        = ["arn:aws:lambda:eu-west-1:901920570463:layer:aws-otel-python-amd64-ver-1-29-0:1"]

  environment {
    variables = {
      AWS_LAMBDA_EXEC_WRAPPER = "/opt/otel-instrument"
    }
  }
}

resource "aws_lambda_function" "layered" {
  function_name = "layered"
  role          = "arn:aws:iam::111122223333:role/layered"
  layers        = var.layers
}

# HTTP APIs have no X-Ray.
resource "aws_apigatewayv2_stage" "live" {
  api_id = "a1b2c3"
  name   = "live"
}

resource "aws_elastic_beanstalk_environment" "web" {
  name        = "web"
  application = "shop"

  setting {
    namespace = "aws:elasticbeanstalk:xray"
    name      = "XRayEnabled"
    value     = "true"
  }
}
