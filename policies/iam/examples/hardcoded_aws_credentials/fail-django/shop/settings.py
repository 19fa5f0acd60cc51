AWS_ACCESS_KEY_ID = "AKIAQ3EGV7XMPLDJ2S5K"  # expect: iam/hardcoded-aws-credentials
AWS_SECRET_ACCESS_KEY = "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"  # expect: iam/hardcoded-aws-credentials
