# expect: gate/invalid-waiver
# djaws: ignore[CKV_AWS_17] until=2027-03-01
locals { a = 1 }

# expect: gate/invalid-waiver
# djaws: ignore[CKV_AWS_17] until=2026-03-01 -- moves to the shared account
locals { b = 1 }

# expect: gate/invalid-waiver
# djaws: ignore[cost/no-such-policy] until=2027-03-01 -- moves to the shared account
locals { c = 1 }

# expect: gate/invalid-waiver
# djaws: ignore[CKV_AWS_16] -- encrypted in spring
locals { d = 1 }

# expect: gate/invalid-waiver
# djaws: ignore[CKV_AWS_16] until=2026-11-20 -- ends soon
locals { e = 1 }
