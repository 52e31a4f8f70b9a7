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

# The region comes from the provider or from the resource, tags from both.
provider "aws" {
  alias  = "virginia"
  region = var.region

  default_tags {
    tags = {
      team = "platform"
    }
  }
}

variable "region" {
  type    = string
  default = "us-east-1"
}

resource "aws_s3_bucket" "here" {
  bucket = "fixture-here"
  tags   = { team = "payments" }
}

resource "aws_s3_bucket" "there" {
  provider = aws.virginia
  bucket   = "fixture-there"
  tags     = { cost = "42" }
}

resource "aws_s3_bucket" "elsewhere" {
  bucket = "fixture-elsewhere"
  region = "eu-west-1"
}
