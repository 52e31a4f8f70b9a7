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

# The precondition fails: Terraform 1.6 and later still write a plan, of what there was until then.
resource "aws_security_group" "web" {
  name   = "fixture-web"
  vpc_id = "vpc-0a1b2c3d4e5f60718"
}

resource "aws_s3_bucket" "data" {
  bucket = "fixture-data"

  lifecycle {
    precondition {
      condition     = aws_security_group.web.name == "other"
      error_message = "never"
    }
  }
}
