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

# Null, "", [] and a block without content all say "none", each in its own way. So does what nobody sets,
# but only of what is being created.
resource "aws_iam_role" "closed" {
  name                 = "fixture-closed"
  assume_role_policy   = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] })
  managed_policy_arns  = []
  permissions_boundary = ""

  inline_policy {}
}

resource "aws_security_group" "explicit" {
  name    = "fixture-explicit"
  vpc_id  = "vpc-0a1b2c3d4e5f60718"
  ingress = []
  egress  = []
}

resource "aws_security_group" "unset" {
  name   = "fixture-unset"
  vpc_id = "vpc-0a1b2c3d4e5f60718"
}

resource "aws_security_group" "mixed" {
  name   = "fixture-mixed"
  vpc_id = "vpc-0a1b2c3d4e5f60718"
}

resource "aws_security_group_rule" "mixed" {
  security_group_id = aws_security_group.mixed.id
  type              = "ingress"
  protocol          = "tcp"
  from_port         = 22
  to_port           = 22
  cidr_blocks       = ["0.0.0.0/0"]
  ipv6_cidr_blocks  = []
  prefix_list_ids   = null
  description       = ""
}

resource "aws_s3_bucket" "data" {
  bucket        = "fixture-data"
  bucket_prefix = null
  policy        = ""
  tags          = {}
}

resource "aws_s3_bucket_logging" "data" {
  bucket        = aws_s3_bucket.data.id
  target_bucket = "fixture-logs"
  target_prefix = ""
}
