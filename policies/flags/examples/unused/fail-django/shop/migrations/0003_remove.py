from django.db import migrations


def forwards(apps, schema_editor):
    apps.get_model("waffle", "Switch").objects.filter(name="removed-again").delete()


class Migration(migrations.Migration):
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
