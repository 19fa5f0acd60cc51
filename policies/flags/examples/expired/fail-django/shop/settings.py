INSTALLED_APPS = ["flags"]
FLAGS = {
    "SUMMER": [("after date", "2026-06-01T00:00Z", True), ("before date", "2026-09-01T00:00Z", True)],  # expect: flags/expired
    "SPRING": [{"condition": "before date", "value": "2026-06-01T00:00Z"}],  # expect: flags/expired
    "TRIAL": [("before date", "2026-06-01T00:00Z"), ("user", "tester")],
    "WINTER": [("before date", "2027-03-01T00:00Z")],
}
