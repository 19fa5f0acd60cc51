resource "aws_dynamodb_table" "orders" {
  name         = "orders"
  billing_mode = "PAY_PER_REQUEST"
}

resource "aws_dynamodb_table" "locks" {
  name           = "terraform-locks"
  read_capacity  = 1
  write_capacity = 1
}

resource "aws_dynamodb_table" "stock" {
  name           = "stock"
  read_capacity  = 10
  write_capacity = 10
}

resource "aws_appautoscaling_target" "stock" {
  service_namespace  = "dynamodb"
  resource_id        = "table/stock"
  scalable_dimension = "dynamodb:table:ReadCapacityUnits"
  min_capacity       = 5
  max_capacity       = 100
}

resource "aws_dynamodb_table" "stock_dev" {
  name           = "stock-dev"
  read_capacity  = 10
  write_capacity = 10
}
