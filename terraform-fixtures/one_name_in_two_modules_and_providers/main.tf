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

# Two buckets may have one name where there are two partitions, or where a module stands twice: a part that
# names its bucket in full belongs to the one in its own module instance, or of its own provider.
provider "aws" {
  alias  = "china"
  region = "cn-north-1"
}

resource "aws_s3_bucket" "world" {
  bucket = "fixture-data"
}

resource "aws_s3_bucket" "china" {
  provider = aws.china
  bucket   = "fixture-data"
}

resource "aws_s3_bucket_public_access_block" "world" {
  bucket                  = "fixture-data"
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_public_access_block" "china" {
  provider = aws.china
  bucket   = "fixture-data"
}

module "world" {
  source     = "./logs"
  versioning = "Enabled"
}

module "china" {
  source     = "./logs"
  versioning = "Suspended"

  providers = {
    aws = aws.china
  }
}
