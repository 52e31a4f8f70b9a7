terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

# An account's access block protects the buckets of providers that sign with the same credentials, in every
# region and module. A provider that assumes a role may be in another account, where nothing protects.
provider "aws" {
  region = "eu-central-1"
}

provider "aws" {
  alias  = "virginia"
  region = "us-east-1"
}

provider "aws" {
  alias  = "shop"
  region = "eu-central-1"

  assume_role {
    role_arn = var.shop
  }
}

variable "shop" {
  type    = string
  default = "arn:aws:iam::222222222222:role/deploy"
}

resource "aws_s3_account_public_access_block" "here" {
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket" "virginia" {
  provider = aws.virginia
  bucket   = "fixture-virginia"
}

resource "aws_s3_bucket_public_access_block" "virginia" {
  provider = aws.virginia
  bucket   = aws_s3_bucket.virginia.id
}

resource "aws_s3_bucket_policy" "virginia" {
  provider = aws.virginia
  bucket   = aws_s3_bucket.virginia.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::fixture-virginia/*" }]
  })
}

resource "aws_s3_bucket" "shop" {
  provider = aws.shop
  bucket   = "fixture-shop"
}

resource "aws_s3_bucket_public_access_block" "shop" {
  provider = aws.shop
  bucket   = aws_s3_bucket.shop.id
}

resource "aws_s3_bucket_policy" "shop" {
  provider = aws.shop
  bucket   = aws_s3_bucket.shop.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::fixture-shop/*" }]
  })
}

module "platform" {
  source = "./platform"
}
