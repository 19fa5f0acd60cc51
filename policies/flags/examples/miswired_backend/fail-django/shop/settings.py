INSTALLED_APPS = ["django.contrib.admin", "shop"]  # expect: flags/miswired-backend # expect: flags/miswired-backend
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
