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

# Before Terraform 1.1 the configuration of a plan did not show inline rules: that nobody wrote them there does
# not mean that there are none. Neither does an unknown peer in them stand for nobody. The plan has the shape
# that Terraform 1.0 gave it.
resource "aws_default_vpc" "office" {}

resource "aws_security_group" "open" {
  name   = "fixture-open"
  vpc_id = "vpc-0a1b2c3d4e5f60718"

  ingress {
    protocol    = "tcp"
    from_port   = 22
    to_port     = 22
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_security_group" "office" {
  name   = "fixture-office"
  vpc_id = "vpc-0a1b2c3d4e5f60718"

  ingress {
    protocol    = "tcp"
    from_port   = 22
    to_port     = 22
    cidr_blocks = [aws_default_vpc.office.cidr_block]
  }
}
