# change: new file
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]
    operations = [
        migrations.RemoveField("order", "legacy"),  # expect: flags/ungated-destructive-migration
        migrations.RenameField("order", "total", "amount"),  # expect: flags/ungated-destructive-migration
        migrations.DeleteModel(name="Voucher"),  # expect: flags/ungated-destructive-migration
        migrations.RunSQL("ALTER TABLE orders_order DROP COLUMN hint"),  # expect: flags/ungated-destructive-migration
        migrations.RemoveField("order", "unused_for_long"),
    ]
