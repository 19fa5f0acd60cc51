from django.db import migrations


def forwards(apps, schema_editor):
    Switch = apps.get_model("waffle", "Switch")
    Switch.objects.create(name="from-migration", active=False)
    Switch.objects.create(name="lost", active=False)  # expect: flags/unused
    Switch.objects.create(name="removed-again", active=False)


class Migration(migrations.Migration):
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
