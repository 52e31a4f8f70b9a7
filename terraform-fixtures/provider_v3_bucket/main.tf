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

# The arguments of a bucket before version 4 of the provider: their values are known, and lists that nobody set
# are empty instead of unknown. The plan has the shape that version 3 and Terraform 1.0 gave it.
resource "aws_s3_bucket" "open" {
  bucket = "fixture-open"
  acl    = "public-read"

  server_side_encryption_configuration {
    rule {
      apply_server_side_encryption_by_default {
        sse_algorithm = "AES256"
      }
    }
  }

  versioning {
    enabled = true
  }
}

resource "aws_s3_bucket" "bare" {
  bucket = "fixture-bare"
}

resource "aws_s3_bucket_public_access_block" "open" {
  bucket = aws_s3_bucket.open.id
}
