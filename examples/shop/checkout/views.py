from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from catalogue.models import Product
from checkout import shipping, tasks
from checkout.cart import Cart
from checkout.models import Order
from shop.flags import flag_is_active, switch_is_active


def cart(request):
    basket = Cart(request)
    context = {
        "lines": list(basket.lines()),
        "total": basket.total(),
        "shipping": shipping.cost(basket.total()),
        "express": flag_is_active(request, "express-payment"),
        "gift_cards": flag_is_active(request, "gift-cards"),
    }
    response = render(request, "checkout/cart.html", context)
    basket.remember(response)
    return response


@require_POST
def add(request, product_id):
    Cart(request).add(get_object_or_404(Product, pk=product_id, is_published=True))
    return redirect("checkout:cart")


@require_POST
@transaction.atomic
def place(request):
    if not switch_is_active("payments-enabled"):
        return render(request, "checkout/closed.html", status=503)
    if not request.user.is_authenticated and not flag_is_active(request, "guest-checkout"):
        return redirect("admin:login")
    basket = Cart(request)
    order = Order.objects.create(email=request.POST["email"])
    for product, quantity in basket.lines():
        order.lines.create(product=product, quantity=quantity, price=product.price)
    basket.clear()
    transaction.on_commit(lambda: tasks.take_payment.delay(order.pk))
    return redirect("checkout:thanks", order.pk)


def thanks(request, order_id):
    if not flag_is_active(request, "new-checkout"):
        raise Http404
    return render(request, "checkout/thanks.html", {"order": get_object_or_404(Order, pk=order_id)})
