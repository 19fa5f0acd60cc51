from django.apps import apps as installed
from django.db import migrations

HAS_WAFFLE = installed.is_installed("waffle")


def declare(apps, schema_editor):
    if not HAS_WAFFLE:
        return
    Flag = apps.get_model("waffle", "Flag")
    Switch = apps.get_model("waffle", "Switch")
    Flag.objects.update_or_create(name="guest-checkout", defaults={"everyone": True})
    Flag.objects.update_or_create(name="new-checkout", defaults={"percent": 20})
    Switch.objects.update_or_create(name="payments-enabled", defaults={"active": True})


class Migration(migrations.Migration):
    dependencies = [("checkout", "0001_initial")]
    if HAS_WAFFLE:
        dependencies.append(("waffle", "0004_update_everyone_nullbooleanfield"))

    operations = [migrations.RunPython(declare, migrations.RunPython.noop)]
