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

# The part's bucket is known after apply; what it is called on the way is a module's variable, another
# module's output, a data source that looks the bucket up, and a variable of the root module.
variable "name" {
  type    = string
  default = "fixture-named"
}

module "store" {
  source = "./store"
  name   = "fixture-store"
}

module "guard" {
  source = "./guard"
  bucket = module.store.bucket
}

resource "aws_s3_bucket" "logs" {
  bucket_prefix = "fixture-logs-"
}

data "aws_s3_bucket" "logs" {
  bucket = aws_s3_bucket.logs.id
}

resource "aws_s3_bucket_versioning" "logs" {
  bucket = data.aws_s3_bucket.logs.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket" "named" {
  bucket = "fixture-named"
}

resource "aws_s3_bucket_public_access_block" "named" {
  bucket              = var.name
  block_public_acls   = true
  block_public_policy = true
}

resource "aws_iam_role" "app" {
  name_prefix        = "fixture-app-"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}

data "aws_iam_role" "app" {
  name = aws_iam_role.app.id
}

resource "aws_iam_role_policy" "app" {
  name   = "write"
  role   = data.aws_iam_role.app.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:PutObject", Resource = "arn:aws:s3:::fixture-store/*" }] })
}
