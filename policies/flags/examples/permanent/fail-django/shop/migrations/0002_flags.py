from django.db import migrations


def forwards(apps, schema_editor):
    Flag = apps.get_model("waffle", "Flag")
    Flag.objects.update_or_create(name="everyone", defaults={"everyone": True})
    Flag.objects.update_or_create(name="half", defaults={"percent": 50})
    Flag.objects.create(name="taken-back", everyone=True)


class Migration(migrations.Migration):
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
