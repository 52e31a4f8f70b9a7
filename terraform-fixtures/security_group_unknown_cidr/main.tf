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

# A range that is known after apply may be anything, the world included.
resource "aws_default_vpc" "office" {}

resource "aws_security_group" "admin" {
  name   = "fixture-admin"
  vpc_id = "vpc-0a1b2c3d4e5f60718"
}

resource "aws_vpc_security_group_ingress_rule" "ssh" {
  security_group_id = aws_security_group.admin.id
  cidr_ipv4         = aws_default_vpc.office.cidr_block
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
}
