from django.conf import settings
from django.urls import path
from flags.urls import flagged_path
from waffle.decorators import waffle_flag

from shop import views

urlpatterns = [
    path("v2/", waffle_flag("v2")(views.v2)),
    flagged_path("MAP", "map/", views.map),
]

if settings.ENABLE_TOOLBAR:
    urlpatterns.append(path("toolbar/", views.toolbar))
