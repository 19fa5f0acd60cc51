from django.urls import path
from flags.state import flag_enabled
from waffle import switch_is_active

from shop import views

urlpatterns = [path("", views.home)]

if switch_is_active("new-routes"):  # expect: flags/read-at-import
    urlpatterns.append(path("new/", views.new))

urlpatterns += [path("map/", views.map)] if flag_enabled("MAP") else []  # expect: flags/read-at-import
