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

# Blocks with count = 0, or with an empty for_each, are in the configuration and nowhere else: the bucket
# has no policy for everyone, and its access block is AWS's own.
resource "aws_s3_bucket" "data" {
  bucket = "fixture-data"
}

resource "aws_s3_bucket_public_access_block" "data" {
  count  = 0
  bucket = aws_s3_bucket.data.id
}

resource "aws_s3_bucket_policy" "data" {
  for_each = toset([])
  bucket   = aws_s3_bucket.data.id
  policy   = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "*" }] })
}

resource "aws_security_group" "open" {
  count  = 0
  name   = "fixture-open"
  vpc_id = "vpc-0a1b2c3d4e5f60718"

  ingress {
    protocol    = "tcp"
    from_port   = 22
    to_port     = 22
    cidr_blocks = ["0.0.0.0/0"]
  }
}
