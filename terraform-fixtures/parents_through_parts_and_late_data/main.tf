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

# A part may name its bucket by another part, so that the two are made one after the other. A data source
# that depends on something new is read during apply: whom it looks up by name is known all the same.
resource "aws_s3_bucket" "site" {
  bucket = "fixture-site"
}

resource "aws_s3_bucket_policy" "site" {
  bucket = aws_s3_bucket.site.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::fixture-site/*" }] })
}

resource "aws_s3_bucket_public_access_block" "site" {
  bucket                  = aws_s3_bucket_policy.site.id
  block_public_policy     = false
  restrict_public_buckets = false
}

variable "versioned" {
  type    = bool
  default = true
}

resource "aws_s3_bucket_versioning" "site" {
  bucket = var.versioned ? aws_s3_bucket_public_access_block.site.bucket : aws_s3_bucket.site.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket" "other" {
  bucket = "fixture-other"
}

data "aws_s3_bucket" "elsewhere" {
  bucket     = "fixture-elsewhere"
  depends_on = [aws_s3_bucket.site]
}

resource "aws_s3_bucket_versioning" "elsewhere" {
  bucket = data.aws_s3_bucket.elsewhere.id

  versioning_configuration {
    status = "Suspended"
  }
}
