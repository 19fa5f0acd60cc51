resource "aws_dynamodb_table" "orders" {
  name           = "orders"
  read_capacity  = 20 # expect: data/fixed-dynamodb-capacity
  write_capacity = 10
}

resource "aws_dynamodb_table" "stock" {
  name           = "stock"
  billing_mode   = "PROVISIONED"
  read_capacity  = 10
  write_capacity = 10

  global_secondary_index {
    name           = "by-supplier"
    read_capacity  = 40 # expect: data/fixed-dynamodb-capacity
    write_capacity = 5
  }
}

resource "aws_appautoscaling_target" "stock" {
  service_namespace  = "dynamodb"
  resource_id        = "table/${aws_dynamodb_table.stock.name}"
  scalable_dimension = "dynamodb:table:ReadCapacityUnits"
  min_capacity       = 5
  max_capacity       = 100
}
