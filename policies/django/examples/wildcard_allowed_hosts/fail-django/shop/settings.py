ALLOWED_HOSTS = ["shop.example.com", "*"]  # expect: django/wildcard-allowed-hosts
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
