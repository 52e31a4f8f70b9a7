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

# A plan of which only `planned_values` was kept: there are no actions, and what is unknown is left out instead
# of marked. It can be denied, and never passes. The plan is the one that Terraform made, without
# `resource_changes`.
resource "aws_s3_bucket" "data" {
  bucket = "fixture-data"
}

resource "aws_s3_bucket_public_access_block" "data" {
  bucket              = aws_s3_bucket.data.id
  block_public_policy = true
}

resource "aws_security_group" "admin" {
  name   = "fixture-admin"
  vpc_id = "vpc-0a1b2c3d4e5f60718"

  ingress {
    protocol    = "tcp"
    from_port   = 22
    to_port     = 22
    cidr_blocks = ["0.0.0.0/0"]
  }
}
