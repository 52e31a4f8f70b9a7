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

# A plan shows of "${aws_s3_bucket.data.id}-replica" only that it refers to the bucket: the replica and the
# bucket it is named after cannot be told apart by what a part refers to. So the part is in doubt on both.
# A part of the replica that refers to the replica itself is certain.
resource "aws_s3_bucket" "data" {
  bucket_prefix = "fixture-data-"
}

resource "aws_s3_bucket" "replica" {
  bucket = "${aws_s3_bucket.data.id}-replica"
}

resource "aws_s3_bucket_public_access_block" "replica" {
  bucket                  = "${aws_s3_bucket.data.id}-replica"
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = true
  restrict_public_buckets = true

  depends_on = [aws_s3_bucket.replica]
}

resource "aws_s3_bucket_versioning" "replica" {
  bucket = aws_s3_bucket.replica.id

  versioning_configuration {
    status = "Enabled"
  }
}
