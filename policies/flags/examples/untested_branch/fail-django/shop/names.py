TIPS = "tips"
