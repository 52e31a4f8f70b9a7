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

# A plan shows no locals: whose access block this is cannot be told. It is in doubt on each bucket that
# is about to be created, and on none that exists, because the name of that one is known.
locals {
  bucket = aws_s3_bucket.one.id
  roles  = { app = aws_iam_role.app.id }
}

resource "aws_s3_bucket" "one" {
  bucket = "fixture-one"
}

resource "aws_s3_bucket" "two" {
  bucket = "fixture-two"
}

resource "aws_s3_bucket" "existing" {
  bucket = "fixture-existing"
}

resource "aws_s3_bucket_public_access_block" "one" {
  bucket                  = local.bucket
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = false
  restrict_public_buckets = false
}

resource "aws_iam_role" "app" {
  name               = "fixture-app"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}

resource "aws_iam_role_policy_attachment" "each" {
  for_each   = local.roles
  role       = each.value
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
