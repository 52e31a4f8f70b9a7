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

# How many blocks a dynamic one makes is not known yet. The configuration of a plan does not show it, so
# that it looks like a block that nobody wrote: what is never left to AWS or the provider is unknown then.
resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

locals {
  maybe = aws_vpc.main.main_route_table_id == "rtb-0a1b2c3d4e5f60718" ? ["everyone"] : []
}

resource "aws_s3_bucket" "site" {
  bucket = "fixture-site"
}

resource "aws_s3_bucket_public_access_block" "site" {
  bucket                  = aws_s3_bucket.site.id
  block_public_policy     = false
  restrict_public_buckets = false
}

data "aws_iam_policy_document" "site" {
  statement {
    sid       = "Own"
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::fixture-site/*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::123456789012:root"]
    }
  }

  dynamic "statement" {
    for_each = local.maybe

    content {
      sid       = "Everyone"
      actions   = ["s3:GetObject"]
      resources = ["arn:aws:s3:::fixture-site/*"]

      principals {
        type        = "*"
        identifiers = ["*"]
      }
    }
  }
}

resource "aws_s3_bucket_policy" "site" {
  bucket = aws_s3_bucket.site.id
  policy = data.aws_iam_policy_document.site.json
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    dynamic "principals" {
      for_each = local.maybe

      content {
        type        = "AWS"
        identifiers = ["*"]
      }
    }
  }
}

resource "aws_iam_role" "app" {
  name               = "fixture-app"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_s3_bucket_lifecycle_configuration" "site" {
  bucket = aws_s3_bucket.site.id

  dynamic "rule" {
    for_each = local.maybe

    content {
      id     = "expire"
      status = "Enabled"

      filter {}

      expiration {
        days = 30
      }
    }
  }
}
