from django.db import migrations


def forwards(apps, schema_editor):
    apps.get_model("waffle", "Flag").objects.filter(name="taken-back").update(everyone=None, percent=10)


class Migration(migrations.Migration):
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
