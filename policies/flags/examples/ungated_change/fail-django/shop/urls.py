from django.urls import path

from shop import views

urlpatterns = [
    path("orders/", views.orders),
    path("orders/export/", views.export),  # change: added # expect: flags/ungated-change
    path("orders/report/", views.Report.as_view()),  # change: added # expect: flags/ungated-change
    path("health/", views.health),  # change: added
    path("moved/", views.orders),  # change: added
]
