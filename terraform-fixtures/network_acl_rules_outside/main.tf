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

# The first rule is for an ACL that is not in the plan, the second for one that comes with a new VPC and that
# nobody adopts: each is a document of which only this rule is known. Whether SSH gets through hangs on
# the other entries.
resource "aws_network_acl_rule" "elsewhere" {
  network_acl_id = "acl-0a1b2c3d4e5f60718"
  rule_number    = 90
  rule_action    = "allow"
  protocol       = "tcp"
  from_port      = 22
  to_port        = 22
  cidr_block     = "0.0.0.0/0"
}

resource "aws_vpc" "new" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_network_acl_rule" "default" {
  network_acl_id = aws_vpc.new.default_network_acl_id
  rule_number    = 90
  rule_action    = "allow"
  protocol       = "tcp"
  from_port      = 22
  to_port        = 22
  cidr_block     = "0.0.0.0/0"
}
