resource "aws_ecs_cluster" "shop" {
  name = "shop"
}
