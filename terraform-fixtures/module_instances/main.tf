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

# Two instances of a module with the same names inside: parts stay in their instance. One bucket
# gets its access block from outside, through the module's output.
module "store" {
  source   = "./store"
  for_each = { "a.b" = "fixture-store-one", two = "fixture-store-two" }
  name     = each.value
}

resource "aws_s3_bucket_public_access_block" "one" {
  bucket                  = module.store["a.b"].bucket
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "each" {
  for_each = module.store
  bucket   = each.value.bucket
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "111122223333" }
      Action    = "s3:GetObject"
      Resource  = "*"
    }]
  })
}
