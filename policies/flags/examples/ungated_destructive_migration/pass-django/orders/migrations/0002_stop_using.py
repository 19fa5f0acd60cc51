# change: new file
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]
    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("order", "legacy")]),
        migrations.CreateModel("Draft", [("id", models.AutoField(primary_key=True))]),
        migrations.DeleteModel("Draft"),
    ]
