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

# Of each document another part waits for something. A principal that is not known may be anyone, a
# condition that is not known may be none at all, and those who are excepted may be everyone.
resource "aws_iam_role" "reader" {
  name               = "fixture-reader"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

locals {
  open = { bucket_policy = false, public = false }
}

resource "aws_s3_bucket" "each" {
  for_each = toset(["principal", "excepted", "condition"])
  bucket   = "fixture-${each.key}"
}

resource "aws_s3_bucket_public_access_block" "each" {
  for_each                = aws_s3_bucket.each
  bucket                  = each.value.id
  block_public_policy     = local.open.bucket_policy
  restrict_public_buckets = local.open.public
}

data "aws_iam_policy_document" "principal" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::fixture-principal/*"]

    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.reader.arn]
    }
  }
}

data "aws_iam_policy_document" "excepted" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::fixture-excepted/*"]

    not_principals {
      type        = "AWS"
      identifiers = [aws_iam_role.reader.arn]
    }
  }
}

data "aws_iam_policy_document" "condition" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::fixture-condition/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceVpc"
      values   = [aws_vpc.main.id]
    }
  }
}

resource "aws_s3_bucket_policy" "principal" {
  bucket = aws_s3_bucket.each["principal"].id
  policy = data.aws_iam_policy_document.principal.json
}

resource "aws_s3_bucket_policy" "excepted" {
  bucket = aws_s3_bucket.each["excepted"].id
  policy = data.aws_iam_policy_document.excepted.json
}

resource "aws_s3_bucket_policy" "condition" {
  bucket = aws_s3_bucket.each["condition"].id
  policy = data.aws_iam_policy_document.condition.json
}
