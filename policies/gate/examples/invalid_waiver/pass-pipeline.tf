# djaws: ignore[CKV_AWS_16, encryption] until=2027-03-01 -- encrypted in spring
locals { a = 1 }

locals {
  # Text about waivers is none: write djaws: ignore in brackets.
  b = "djaws: ignore[CKV_AWS_16]"
}
