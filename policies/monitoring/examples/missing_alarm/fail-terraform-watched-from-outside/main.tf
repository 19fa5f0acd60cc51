provider "datadog" {
  api_url = "https://api.datadoghq.eu/"
}

# Only a remark: a monitor elsewhere may watch it.
# expect: monitoring/missing-alarm
resource "aws_sqs_queue" "orders" {
  name = "orders"
}
