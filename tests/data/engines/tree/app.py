import subprocess

PASSWORD = "correct horse"


class Mailer:
    def send(self, target):
        subprocess.call(
            "mail " + target,
            shell=True,  # nosec B602
        )

    def purge(self):
        assert self
        return eval("1")  # nosec
