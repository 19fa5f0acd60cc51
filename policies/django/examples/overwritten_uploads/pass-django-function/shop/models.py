import uuid

from django.db import models


def unguessable(invoice: object, name: str) -> str:
    return f"invoices/{uuid.uuid4()}"


class Invoice(models.Model):  # type: ignore[misc]
    scan = models.FileField(upload_to=unguessable)
