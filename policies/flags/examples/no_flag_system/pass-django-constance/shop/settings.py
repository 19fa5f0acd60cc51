INSTALLED_APPS = ["constance", "shop"]
