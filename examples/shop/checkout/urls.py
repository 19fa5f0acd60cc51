from django.urls import path

from checkout import views

app_name = "checkout"

urlpatterns = [
    path("", views.cart, name="cart"),
    path("add/<int:product_id>/", views.add, name="add"),
    path("place/", views.place, name="place"),
    path("thanks/<int:order_id>/", views.thanks, name="thanks"),
]
