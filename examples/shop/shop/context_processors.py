from shop.flags import flag_is_active


def features(request):
    """Flags that templates of every app ask for."""
    return {"search_suggestions": flag_is_active(request, "search-suggestions")}
