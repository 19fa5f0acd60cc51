import logging

from django.core.mail import send_mail

from checkout import payments
from checkout.models import Order
from shop.background import shared_task

log = logging.getLogger(__name__)


@shared_task(autoretry_for=[payments.PaymentRefused], retry_backoff=True, max_retries=3)
def take_payment(order_id):
    order = Order.objects.get(pk=order_id)
    if order.state != Order.State.NEW:
        return
    payments.charge(order)
    order.state = Order.State.PAID
    order.save(update_fields=["state"])
    log.info("order %s is paid", order.pk)
    confirm.delay(order.pk)


@shared_task
def confirm(order_id):
    order = Order.objects.get(pk=order_id)
    send_mail(f"Your order {order.pk}", f"Thank you. The total was £{order.total}.", None, [order.email])
