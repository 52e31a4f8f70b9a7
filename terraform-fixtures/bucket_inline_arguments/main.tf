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

# The arguments that the provider deprecated in version 4, and still reads.
resource "aws_s3_bucket" "legacy" {
  bucket = "fixture-legacy"
  acl    = "public-read-write"

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Deny", Principal = "*", Action = "s3:*", Resource = ["arn:aws:s3:::fixture-legacy", "arn:aws:s3:::fixture-legacy/*"], Condition = { Bool = { "aws:SecureTransport" = "false" } } }]
  })

  versioning {
    enabled = true
  }

  logging {
    target_bucket = "fixture-logs"
    target_prefix = "legacy/"
  }

  server_side_encryption_configuration {
    rule {
      apply_server_side_encryption_by_default {
        sse_algorithm = "aws:kms"
      }
    }
  }

  lifecycle_rule {
    id      = "expire"
    enabled = true
    prefix  = "tmp/"

    expiration {
      days = 30
    }
  }
}
