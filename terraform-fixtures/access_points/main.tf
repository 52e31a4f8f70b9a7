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

# Left alone, an access point blocks public access. One that does not, with a policy for everyone, is
# public through a bucket that blocks nothing.
resource "aws_s3_bucket" "media" {
  bucket = "fixture-media"
}

resource "aws_s3_bucket_public_access_block" "media" {
  bucket = aws_s3_bucket.media.id
}

resource "aws_s3_access_point" "left_alone" {
  bucket = aws_s3_bucket.media.id
  name   = "fixture-left-alone"
}

resource "aws_s3_access_point" "inside" {
  bucket = aws_s3_bucket.media.id
  name   = "fixture-inside"

  vpc_configuration {
    vpc_id = "vpc-0a1b2c3d4e5f60718"
  }
}

resource "aws_s3_access_point" "open" {
  bucket = "fixture-media"
  name   = "fixture-open"

  public_access_block_configuration {
    block_public_acls       = false
    block_public_policy     = false
    ignore_public_acls      = false
    restrict_public_buckets = false
  }
}

resource "aws_s3control_access_point_policy" "open" {
  access_point_arn = aws_s3_access_point.open.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = "*"
      Action    = "s3:GetObject"
      Resource  = "arn:aws:s3:eu-central-1:123456789012:accesspoint/fixture-open/object/*"
    }]
  })
}
