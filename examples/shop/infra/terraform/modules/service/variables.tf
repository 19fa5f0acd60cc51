variable "name" {
  type = string
}

variable "cluster" {
  description = "The ECS cluster."
  type        = object({ id = string, name = string })
}

variable "image" {
  type = string
}

variable "command" {
  type = list(string)
}

variable "port" {
  description = "What the container listens on; null for workers."
  type        = number
  default     = null
}

variable "cpu" {
  type = number
}

variable "memory" {
  type = number
}

variable "min_count" {
  type = number
}

variable "max_count" {
  type = number
}

variable "subnet_ids" {
  type = list(string)
}

variable "security_group_ids" {
  type = list(string)
}

variable "target_group_arn" {
  description = "The load balancer's target group; null for workers."
  type        = string
  default     = null
}

variable "environment" {
  type    = map(string)
  default = {}
}

variable "secrets" {
  description = "Environment names and the ARNs of their secrets."
  type        = map(string)
  default     = {}
}

variable "task_role_arn" {
  type = string
}

variable "execution_role_arn" {
  type = string
}

variable "kms_key_arn" {
  type = string
}

variable "region" {
  type = string
}
