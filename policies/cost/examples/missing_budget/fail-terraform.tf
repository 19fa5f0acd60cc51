resource "aws_budgets_budget" "shop" { # expect: cost/missing-budget
  name         = "shop"
  budget_type  = "COST"
  limit_amount = "500"
  limit_unit   = "USD"
  time_unit    = "MONTHLY"
}

resource "aws_ce_anomaly_monitor" "services" { # expect: cost/missing-budget
  name              = "services"
  monitor_type      = "DIMENSIONAL"
  monitor_dimension = "SERVICE"
}
