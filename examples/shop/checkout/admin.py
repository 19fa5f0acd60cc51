from django.contrib import admin

from checkout.models import Order, OrderLine, Voucher


class OrderLines(admin.TabularInline):
    model = OrderLine
    extra = 0


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    list_display = ["pk", "email", "state", "placed_at"]
    list_filter = ["state"]
    inlines = [OrderLines]


admin.site.register(Voucher)
