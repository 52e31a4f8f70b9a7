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

# How many blocks a module writes follows from an attribute that is not known yet. The plan shows that the module
# is given it, and no expression of the module that uses it: it may decide what stands in the modules' blocks, and
# in no others. A resource that has to have one of two blocks, and shows neither, has a dynamic one for certain.
resource "aws_kms_key" "data" {
  description = "fixture-data"
}

module "with_key" {
  source  = "./roles"
  name    = "fixture-with-key"
  key_arn = aws_kms_key.data.arn
}

module "without_key" {
  source  = "./roles"
  name    = "fixture-without-key"
  key_arn = null
}

resource "aws_iam_role" "plain" {
  name               = "fixture-plain"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}

resource "aws_s3_bucket" "logs" {
  bucket = "fixture-logs"
}

resource "aws_s3_bucket_ownership_controls" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    object_ownership = "BucketOwnerPreferred"
  }
}

resource "aws_s3_bucket_acl" "logs" {
  bucket = aws_s3_bucket.logs.id

  dynamic "access_control_policy" {
    for_each = aws_kms_key.data.arn == "" ? [] : [1]

    content {
      owner {
        id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      }

      grant {
        permission = "READ"

        grantee {
          type = "Group"
          uri  = "http://acs.amazonaws.com/groups/global/AllUsers"
        }
      }
    }
  }
}
