terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region = "eu-central-1"
}

# Keys may hold whatever the syntax of addresses uses.
module "store" {
  source   = "./store"
  for_each = toset(["a.b", "c[0]", "say \"hi\"", "back\\slash"])
  name     = "fixture-${length(each.key)}"
}

resource "aws_s3_bucket_versioning" "each" {
  for_each = module.store
  bucket   = each.value.buckets["x.y[\"1\"]"]

  versioning_configuration {
    status = each.key == "c[0]" ? "Suspended" : "Enabled"
  }
}
