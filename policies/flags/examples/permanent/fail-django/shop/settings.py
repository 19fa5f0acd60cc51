INSTALLED_APPS = ["flags", "waffle"]
FLAGS = {
    "SEARCH": [("boolean", True)],  # expect: flags/permanent
    "MAP": [("boolean", True)],
    "TIPS": [("boolean", True), ("user", "tester")],
    "CLUB": [("boolean", True)],
    "BANNER": [("boolean", False)],
    "UNDATED": [("boolean", True)],
}
