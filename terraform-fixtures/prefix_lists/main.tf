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

# Prefix lists that the plan makes are what is in them: entries in the list, and entries of their own. A rule that
# names one whose id is not known yet is open to the world if the list is, and not if it is not; the list echoes
# an entry that the plan takes away.
resource "aws_ec2_managed_prefix_list" "older" {
  name           = "fixture-older"
  address_family = "IPv4"
  max_entries    = 5
}

resource "aws_ec2_managed_prefix_list_entry" "kept" {
  prefix_list_id = aws_ec2_managed_prefix_list.older.id
  cidr           = "203.0.113.0/24"
}

resource "aws_ec2_managed_prefix_list" "world" {
  name           = "fixture-world"
  address_family = "IPv4"
  max_entries    = 5

  entry {
    cidr = "0.0.0.0/1"
  }
}

resource "aws_ec2_managed_prefix_list_entry" "rest" {
  prefix_list_id = aws_ec2_managed_prefix_list.world.id
  cidr           = "128.0.0.0/1"
}

resource "aws_ec2_managed_prefix_list" "offices" {
  name           = "fixture-offices"
  address_family = "IPv4"
  max_entries    = 5

  entry {
    cidr = "198.51.100.0/24"
  }
}

resource "aws_default_vpc" "office" {}

resource "aws_ec2_managed_prefix_list" "later" {
  name           = "fixture-later"
  address_family = "IPv4"
  max_entries    = 5

  entry {
    cidr = aws_default_vpc.office.cidr_block
  }
}

resource "aws_security_group" "by_rule" {
  for_each = toset(["world", "offices", "later", "older"])

  name   = "fixture-${each.key}"
  vpc_id = "vpc-0a1b2c3d4e5f60718"
}

resource "aws_vpc_security_group_ingress_rule" "world" {
  security_group_id = aws_security_group.by_rule["world"].id
  prefix_list_id    = aws_ec2_managed_prefix_list.world.id
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
}

resource "aws_security_group_rule" "offices" {
  security_group_id = aws_security_group.by_rule["offices"].id
  prefix_list_ids   = [aws_ec2_managed_prefix_list.offices.id]
  type              = "ingress"
  protocol          = "tcp"
  from_port         = 22
  to_port           = 22
}

resource "aws_vpc_security_group_ingress_rule" "later" {
  security_group_id = aws_security_group.by_rule["later"].id
  prefix_list_id    = aws_ec2_managed_prefix_list.later.id
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
}

resource "aws_vpc_security_group_ingress_rule" "older" {
  security_group_id = aws_security_group.by_rule["older"].id
  prefix_list_id    = aws_ec2_managed_prefix_list.older.id
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
}
