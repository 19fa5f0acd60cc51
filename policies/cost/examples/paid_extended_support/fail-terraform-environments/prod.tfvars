postgres = "13"
