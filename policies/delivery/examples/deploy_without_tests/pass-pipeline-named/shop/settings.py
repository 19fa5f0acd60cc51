SECRET_KEY = "only for this example"
