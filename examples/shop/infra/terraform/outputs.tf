output "balancer_dns_name" {
  value = aws_lb.shop.dns_name
}

output "web_log_group" {
  value = module.web.log_group_name
}

output "worker_service" {
  value = module.worker.service_name
}
