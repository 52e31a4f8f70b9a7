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

# Nothing here keeps these from the world but what AWS gives to new buckets: no ACLs, and all four flags of the
# access block. AWS refuses what is asked for until somebody takes that away, so that each is exposed. What is
# private stays private by the same defaults. (AWS would not apply this: there is no applied.json.)
resource "aws_s3_bucket" "by_acl" {
  bucket = "fixture-by-acl"
}

resource "aws_s3_bucket_acl" "by_acl" {
  bucket = aws_s3_bucket.by_acl.id
  acl    = "public-read"
}

resource "aws_s3_bucket" "by_argument" {
  bucket = "fixture-by-argument"
  acl    = "public-read-write"
}

resource "aws_s3_bucket" "by_policy" {
  bucket = "fixture-by-policy"
}

resource "aws_s3_bucket_policy" "by_policy" {
  bucket = aws_s3_bucket.by_policy.id
  policy = data.aws_iam_policy_document.everyone.json
}

data "aws_iam_policy_document" "everyone" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.by_policy.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

resource "aws_s3_bucket" "behind_point" {
  bucket = "fixture-behind-point"
}

resource "aws_s3_access_point" "everyone" {
  bucket = aws_s3_bucket.behind_point.id
  name   = "fixture-everyone"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = "*"
      Action    = "s3:GetObject"
      Resource  = "arn:aws:s3:eu-central-1:123456789012:accesspoint/fixture-everyone/object/*"
    }]
  })
}

resource "aws_s3_bucket" "older" {
  bucket = "fixture-older"
}

resource "aws_s3_bucket_policy" "older" {
  bucket = aws_s3_bucket.older.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::fixture-older/*" }] })
}

resource "aws_s3_bucket" "logs" {
  bucket = "fixture-logs"
  acl    = "log-delivery-write"
}

resource "aws_s3_bucket" "private" {
  bucket = "fixture-private"
}

resource "aws_s3_bucket_policy" "private" {
  bucket = aws_s3_bucket.private.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = { AWS = "arn:aws:iam::123456789012:role/reader" }, Action = "s3:GetObject", Resource = "arn:aws:s3:::fixture-private/*" },
      { Effect = "Deny", Principal = "*", Action = "s3:*", Resource = ["arn:aws:s3:::fixture-private", "arn:aws:s3:::fixture-private/*"], Condition = { Bool = { "aws:SecureTransport" = "false" } } },
    ]
  })
}

resource "aws_s3_bucket" "shut" {
  bucket = "fixture-shut"
  acl    = "public-read"
}

resource "aws_s3_bucket_public_access_block" "shut" {
  bucket                  = aws_s3_bucket.shut.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}
