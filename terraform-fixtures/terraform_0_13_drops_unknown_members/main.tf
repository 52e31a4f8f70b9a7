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

# Terraform before 1.3 left unknown members out of lists: the one known range of the rule stands beside two
# marks, and the resources of the statement beside one. What is there is known, and something is missing. The
# plan has the shape that Terraform 0.13 gave it.
resource "aws_default_vpc" "office" {}

resource "aws_security_group" "admin" {
  name   = "fixture-admin"
  vpc_id = "vpc-0a1b2c3d4e5f60718"
}

resource "aws_security_group_rule" "ssh" {
  security_group_id = aws_security_group.admin.id
  type              = "ingress"
  protocol          = "tcp"
  from_port         = 22
  to_port           = 22
  cidr_blocks       = ["10.0.0.0/8", aws_default_vpc.office.cidr_block]
}

resource "aws_s3_bucket" "site" {
  bucket = "fixture-site"
}

resource "aws_s3_bucket_public_access_block" "site" {
  bucket = aws_s3_bucket.site.id
}

data "aws_iam_policy_document" "site" {
  statement {
    actions   = ["s3:GetObject"]
    resources = [aws_s3_bucket.site.arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

resource "aws_s3_bucket_policy" "site" {
  bucket = aws_s3_bucket.site.id
  policy = data.aws_iam_policy_document.site.json
}
