# change: new file
from django.db import migrations


class Migration(migrations.Migration):
    replaces = [("orders", "0001_initial")]
    operations = [migrations.RemoveField("order", "legacy")]
