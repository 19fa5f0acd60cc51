from django.db import models


class Invoice(models.Model):  # type: ignore[misc]
    scan = models.FileField(upload_to="invoices/")
