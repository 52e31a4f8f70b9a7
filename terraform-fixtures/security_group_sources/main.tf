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

# A range that is not known may be the world. A group that is not known cannot, and neither can a prefix
# list be judged that nobody has read: that of AWS, and one that does not exist yet.
resource "aws_vpc" "office" {
  cidr_block = "10.1.0.0/16"
}

resource "aws_default_vpc" "default" {}

resource "aws_ec2_managed_prefix_list" "offices" {
  name           = "fixture-offices"
  address_family = "IPv4"
  max_entries    = 5

  entry {
    cidr = "203.0.113.0/24"
  }
}

resource "aws_security_group" "balancer" {
  name   = "fixture-balancer"
  vpc_id = "vpc-0a1b2c3d4e5f60718"
}

resource "aws_security_group" "inline" {
  name   = "fixture-inline"
  vpc_id = "vpc-0a1b2c3d4e5f60718"

  ingress {
    protocol        = "tcp"
    from_port       = 22
    to_port         = 22
    security_groups = [aws_security_group.balancer.id]
  }
}

resource "aws_security_group" "inline_ranges" {
  name   = "fixture-inline-ranges"
  vpc_id = "vpc-0a1b2c3d4e5f60718"

  ingress {
    protocol    = "tcp"
    from_port   = 22
    to_port     = 22
    cidr_blocks = ["10.0.0.0/8", aws_default_vpc.default.cidr_block]
  }
}

resource "aws_security_group" "by_group" {
  name   = "fixture-by-group"
  vpc_id = "vpc-0a1b2c3d4e5f60718"
}

resource "aws_vpc_security_group_ingress_rule" "by_group" {
  security_group_id            = aws_security_group.by_group.id
  referenced_security_group_id = aws_security_group.balancer.id
  ip_protocol                  = "tcp"
  from_port                    = 22
  to_port                      = 22
}

resource "aws_security_group_rule" "by_group" {
  security_group_id        = aws_security_group.by_group.id
  type                     = "ingress"
  protocol                 = "tcp"
  from_port                = 3389
  to_port                  = 3389
  source_security_group_id = aws_security_group.balancer.id
}

resource "aws_security_group" "by_list" {
  name   = "fixture-by-list"
  vpc_id = "vpc-0a1b2c3d4e5f60718"
}

resource "aws_vpc_security_group_ingress_rule" "by_list" {
  security_group_id = aws_security_group.by_list.id
  prefix_list_id    = aws_ec2_managed_prefix_list.offices.id
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
}

resource "aws_security_group" "by_known_list" {
  name   = "fixture-by-known-list"
  vpc_id = "vpc-0a1b2c3d4e5f60718"
}

resource "aws_vpc_security_group_ingress_rule" "by_known_list" {
  security_group_id = aws_security_group.by_known_list.id
  prefix_list_id    = "pl-6da54004"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
