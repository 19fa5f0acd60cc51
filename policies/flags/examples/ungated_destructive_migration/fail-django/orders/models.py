from django.db import models


# change: removed class Voucher(models.Model):
class Order(models.Model):
    # change: removed legacy = models.TextField()
    # change: removed total = models.IntegerField()
    # change: removed hint: models.TextField = models.TextField()
    amount = models.IntegerField()  # change: added
