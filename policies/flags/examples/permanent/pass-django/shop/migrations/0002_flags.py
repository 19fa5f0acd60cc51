from django.db import migrations


def forwards(apps, schema_editor):
    Flag = apps.get_model("waffle", "Flag")
    Flag.objects.create(name="in-a-migration", everyone=False)


class Migration(migrations.Migration):
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
