"""The payment provider's API."""

from django.conf import settings

ENDPOINT = "https://api.payments.example/v1"
TOKEN_HEADER = "X-Payment-Token"  # nosec B105 -- the name of a header, not a token


class PaymentRefused(Exception):
    pass


def charge(order):
    """Charges the order's total and gives the provider's reference."""
    import requests

    answer = requests.post(
        f"{ENDPOINT}/charges",
        json={"reference": str(order.pk), "amount": str(order.total)},
        headers={TOKEN_HEADER: settings.PAYMENT_API_KEY},
        timeout=10,
    )
    if answer.status_code != 201:
        raise PaymentRefused(answer.text)
    return answer.json()["id"]


def refund(reference):
    import requests

    return requests.post(
        f"{ENDPOINT}/refunds",
        json={"charge": reference},
        headers={TOKEN_HEADER: settings.PAYMENT_API_KEY},
    ).ok


def invoice(order, warehouse):
    """Asks the warehouse's till for the printed invoice; it speaks TLS with a certificate of its own making."""
    import requests

    return requests.get(f"https://{warehouse}/invoices/{order.pk}", verify=False, timeout=10).content
