variable "mode" {} # undecided: data/fixed-dynamodb-capacity
variable "scaled" {}

resource "aws_dynamodb_table" "orders" {
  name          = "orders"
  billing_mode  = var.mode
  read_capacity = 20
}

resource "aws_dynamodb_table" "stock" {
  name          = "stock"
  read_capacity = 20
}

# undecided: data/fixed-dynamodb-capacity
resource "aws_appautoscaling_target" "some" {
  service_namespace = "dynamodb"
  resource_id       = var.scaled
}
