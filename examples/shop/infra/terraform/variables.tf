variable "region" {
  description = "The region the shop runs in."
  type        = string
  default     = "eu-west-1"
}

variable "environment" {
  description = "production or staging."
  type        = string
  default     = "production"
}

variable "image" {
  description = "The shop's image with its digest or commit tag, given by the deploy workflow."
  type        = string
}

variable "certificate_arn" {
  description = "The certificate of shop.example.com."
  type        = string
}

variable "alarm_email" {
  description = "Who is told about alarms."
  type        = string
}

variable "zones" {
  description = "Availability zones and the number of their subnets."
  type        = map(number)
  default = {
    "eu-west-1a" = 0
    "eu-west-1b" = 1
  }
}

variable "office_cidr" {
  description = "The office's network."
  type        = string
  default     = "192.0.2.0/24"
}
