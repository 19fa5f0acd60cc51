from waffle import switch_is_active

IS_ON = switch_is_active("tips")
