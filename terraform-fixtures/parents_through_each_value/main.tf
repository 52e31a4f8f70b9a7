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

# One part for each bucket, by each.value of the buckets themselves, by their key, by count, by a module
# that is called for each of them, and by an object that holds the bucket's id.
resource "aws_s3_bucket" "each" {
  for_each = toset(["red", "blue"])
  bucket   = "fixture-${each.key}"
}

resource "aws_s3_bucket_versioning" "each" {
  for_each = aws_s3_bucket.each
  bucket   = each.value.id

  versioning_configuration {
    status = each.key == "red" ? "Enabled" : "Suspended"
  }
}

resource "aws_s3_bucket_public_access_block" "each" {
  for_each            = toset(["blue"])
  bucket              = aws_s3_bucket.each[each.key].id
  block_public_policy = true
}

resource "aws_s3_bucket" "counted" {
  count  = 2
  bucket = "fixture-counted-${count.index}"
}

resource "aws_s3_bucket_public_access_block" "counted" {
  count             = 2
  bucket            = aws_s3_bucket.counted[count.index].id
  block_public_acls = count.index == 1
}

module "versioned" {
  source   = "./versioned"
  for_each = { for index, bucket in aws_s3_bucket.counted : "bucket-${index}" => index }
  bucket   = aws_s3_bucket.counted[each.value].id
}

module "logged" {
  source   = "./versioned"
  for_each = aws_s3_bucket.logs
  bucket   = each.value.id
}

resource "aws_s3_bucket" "logs" {
  for_each      = toset(["a", "b"])
  bucket_prefix = "fixture-logs-${each.key}-"
}

resource "aws_s3_bucket_ownership_controls" "logs" {
  for_each = { a = { bucket = aws_s3_bucket.logs["a"].id, ownership = "ObjectWriter" } }
  bucket   = each.value.bucket

  rule {
    object_ownership = each.value.ownership
  }
}
