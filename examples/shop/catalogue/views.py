import hashlib
import random

from django.http import JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import condition, require_GET

from catalogue import search
from catalogue.models import Category, Product
from shop.flags import flag_is_active, switch_is_active

GREETINGS = ["Good to see you.", "Tea?", "The kettle is on."]


def product_etag(request, slug):
    product = get_object_or_404(Product, slug=slug, is_published=True)
    return hashlib.md5(f"{product.pk}:{product.updated_at}".encode(), usedforsecurity=False).hexdigest()


@require_GET
def index(request):
    words = request.GET.get("q", "")
    products = search.search(words) if words else search.published(request.GET.get("order", "name"))
    # djaws: ignore[B311] until=2035-12-31 -- which words greet the visitor is no secret
    greeting = random.choice(GREETINGS)
    return render(request, "catalogue/index.html", {"products": products, "words": words, "greeting": greeting})


@require_GET
def category(request, slug):
    shown = get_object_or_404(Category, slug=slug)
    context = {"category": shown, "products": search.published().filter(category=shown)}
    if flag_is_active(request, f"recommendations-{shown.slug}"):
        context["recommended"] = search.published("newest").exclude(category=shown)[:4]
    return render(request, "catalogue/category.html", context)


@require_GET
@condition(etag_func=product_etag)
def product(request, slug):
    shown = get_object_or_404(Product, slug=slug, is_published=True)
    context = {"product": shown, "reviews": shown.reviews.all()[:20]}
    context["points"] = int(shown.price) if switch_is_active("loyalty-points") else None
    return render(request, "catalogue/product.html", context)


@require_GET
def suggest(request):
    return JsonResponse({"names": search.suggestions(request.GET.get("q", ""))})
