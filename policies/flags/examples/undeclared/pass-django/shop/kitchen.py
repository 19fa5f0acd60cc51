def flag_is_active(request, colour):
    return colour == "red"
