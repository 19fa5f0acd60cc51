from shop.features import is_on


def page(request):
    return is_on(request, "tips")
