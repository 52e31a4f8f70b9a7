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

# One tag waits for the VPC, the others are known. The provider's tags are in tags_all alone.
resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

provider "aws" {
  alias  = "tagged"
  region = "eu-central-1"

  default_tags {
    tags = {
      team = "platform"
    }
  }
}

resource "aws_s3_bucket" "own" {
  bucket = "fixture-own"
  tags   = { team = "data", vpc = aws_vpc.main.id }
}

resource "aws_s3_bucket" "given" {
  provider = aws.tagged
  bucket   = "fixture-given"
}

resource "aws_s3_bucket" "both" {
  provider = aws.tagged
  bucket   = "fixture-both"
  tags     = { team = "data", vpc = aws_vpc.main.id }
}
