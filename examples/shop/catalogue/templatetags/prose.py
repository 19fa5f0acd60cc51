"""Turns what suppliers and customers write into HTML."""

import re

from django import template
from django.utils.html import format_html
from django.utils.safestring import mark_safe

register = template.Library()


@register.filter
def emphasis(text):
    """`*so*` becomes bold."""
    return mark_safe(re.sub(r"\*(.+?)\*", r"<strong>\1</strong>", text))


@register.filter
def stars(count):
    return format_html('<span title="{} of 5">{}</span>', count, "★" * count)
