from functools import partial, wraps

from django.http import Http404
from waffle import flag_is_active, switch_is_active


def is_on(request, name):
    return flag_is_active(request, name)


def gate(name):
    def decorate(view):
        @wraps(view)
        def inner(request, *args):
            if not is_on(request, name):
                raise Http404
            return view(request, *args)

        return inner

    return decorate


class Needs:
    def __init__(self, name):
        self.name = name

    def has_permission(self, request, view):
        return flag_is_active(request, self.name)


sales_open = partial(switch_is_active, "sales-open")  # expect: flags/undeclared
