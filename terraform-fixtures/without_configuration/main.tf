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

# A plan without its configuration, as some programs keep it: what refers to what is gone. The part may belong
# to either bucket, and what is unknown may have been set by somebody, so that it is no default. The plan is
# the one that Terraform made, without `configuration`.
resource "aws_s3_bucket" "one" {
  bucket = "fixture-one"
}

resource "aws_s3_bucket" "two" {
  bucket = "fixture-two"
}

resource "aws_s3_bucket_public_access_block" "one" {
  bucket                  = aws_s3_bucket.one.id
  block_public_policy     = false
  restrict_public_buckets = false
}

resource "aws_s3_bucket_versioning" "two" {
  bucket = "fixture-two"

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_security_group" "web" {
  name   = "fixture-web"
  vpc_id = "vpc-0a1b2c3d4e5f60718"
}
