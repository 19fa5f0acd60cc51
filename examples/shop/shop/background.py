"""`shared_task`, or a stand-in that runs the task in place where Celery is not installed."""

try:
    from celery import shared_task
except ModuleNotFoundError:

    def shared_task(function=None, **options):
        def declare(function):
            function.delay = function
            return function

        return declare(function) if function else declare
