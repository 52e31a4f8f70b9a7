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

# What is imported exists already: what is wrong with it is not new, and what the plan adds to it is.
import {
  to = aws_iam_role.old
  id = "fixture-old"
}

resource "aws_iam_role" "old" {
  name               = "fixture-old"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}

resource "aws_iam_role_policy_attachment" "old" {
  role       = aws_iam_role.old.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

import {
  to = aws_s3_bucket.old
  id = "fixture-old"
}

resource "aws_s3_bucket" "old" {
  bucket = "fixture-old"
}

resource "aws_s3_bucket_versioning" "old" {
  bucket = aws_s3_bucket.old.id

  versioning_configuration {
    status = "Enabled"
  }
}
