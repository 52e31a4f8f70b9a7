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

# Adopting the default group removes all its rules: only the inline ones are left.
resource "aws_default_security_group" "closed" {
  vpc_id = "vpc-0a1b2c3d4e5f60718"
}

resource "aws_default_security_group" "open" {
  vpc_id = "vpc-0a1b2c3d4e5f60719"

  ingress {
    protocol  = "-1"
    from_port = 0
    to_port   = 0
    self      = true
  }
}
