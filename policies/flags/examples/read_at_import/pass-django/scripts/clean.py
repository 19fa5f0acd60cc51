from waffle import switch_is_active

if switch_is_active("clean-up"):
    print("…")
