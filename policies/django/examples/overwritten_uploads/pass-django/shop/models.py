from django.db import models


class Invoice(models.Model):
    scan = models.FileField(upload_to="invoices/")
