from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]
    operations = [
        migrations.RemoveField("order", "legacy"),
        migrations.RenameField("order", "total", "amount"),
        migrations.DeleteModel(name="Voucher"),
        migrations.RunSQL("ALTER TABLE orders_order DROP COLUMN hint"),
        migrations.RemoveField("order", "unused_for_long"),
    ]
