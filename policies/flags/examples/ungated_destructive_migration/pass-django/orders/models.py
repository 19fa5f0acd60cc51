from django.db import models


# change: removed class Draft(models.Model):
class Order(models.Model):
    # change: removed legacy = models.TextField()
    total = models.IntegerField()
