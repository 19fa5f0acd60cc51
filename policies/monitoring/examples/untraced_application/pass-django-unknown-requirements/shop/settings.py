INSTALLED_APPS = ["django.contrib.auth"]  # undecided: monitoring/untraced-application
