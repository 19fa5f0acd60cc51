from waffle import flag_is_active


def cart(request):
    # Perhaps a row that somebody made by hand: a remark.
    if flag_is_active(request, "express-payment"):  # expect: flags/undeclared
        return 1
    return flag_is_active(request, "express-payment")
