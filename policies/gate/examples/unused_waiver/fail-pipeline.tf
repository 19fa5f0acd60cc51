# expect: gate/unused-waiver
# djaws: ignore[gate/unresolved-module] until=2027-03-01 -- nothing here needs it any more
locals { a = 1 }
