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

# Entries inline, as resources of their own, and of the default ACL, which is named through its VPC.
# The first entry that matches decides: the open ACL lets SSH in, the guarded one does not.
resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"

  tags = { Name = "fixture-main" }
}

resource "aws_subnet" "a" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.0.1.0/24"
  availability_zone = "eu-central-1a"

  tags = { Name = "fixture-a" }
}

resource "aws_subnet" "b" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.0.2.0/24"
  availability_zone = "eu-central-1b"

  tags = { Name = "fixture-b" }
}

resource "aws_network_acl" "guarded" {
  vpc_id     = aws_vpc.main.id
  subnet_ids = [aws_subnet.a.id]

  ingress {
    rule_no    = 50
    action     = "deny"
    protocol   = "tcp"
    from_port  = 22
    to_port    = 22
    cidr_block = "0.0.0.0/0"
  }

  ingress {
    rule_no    = 60
    action     = "deny"
    protocol   = "6"
    from_port  = 3389
    to_port    = 3389
    cidr_block = "0.0.0.0/0"
  }

  ingress {
    rule_no    = 100
    action     = "allow"
    protocol   = "tcp"
    from_port  = 0
    to_port    = 65535
    cidr_block = "0.0.0.0/0"
  }

  egress {
    rule_no    = 100
    action     = "allow"
    protocol   = "-1"
    from_port  = 0
    to_port    = 0
    cidr_block = "0.0.0.0/0"
  }

  tags = { Name = "fixture-guarded" }
}

resource "aws_network_acl" "open" {
  vpc_id = aws_vpc.main.id

  tags = { Name = "fixture-open" }
}

resource "aws_network_acl_association" "b" {
  network_acl_id = aws_network_acl.open.id
  subnet_id      = aws_subnet.b.id
}

resource "aws_network_acl_rule" "ssh" {
  network_acl_id = aws_network_acl.open.id
  rule_number    = 100
  rule_action    = "allow"
  protocol       = "tcp"
  from_port      = 22
  to_port        = 22
  cidr_block     = "0.0.0.0/0"
}

resource "aws_network_acl_rule" "ping" {
  network_acl_id = aws_network_acl.open.id
  rule_number    = 110
  egress         = true
  rule_action    = "allow"
  protocol       = "icmp"
  icmp_type      = "-1"
  icmp_code      = "-1"
  cidr_block     = "10.0.0.0/8"
}

resource "aws_default_network_acl" "this" {
  default_network_acl_id = aws_vpc.main.default_network_acl_id

  tags = { Name = "fixture-default" }
}

resource "aws_network_acl_rule" "default" {
  network_acl_id = aws_vpc.main.default_network_acl_id
  rule_number    = 100
  rule_action    = "allow"
  protocol       = "tcp"
  from_port      = 443
  to_port        = 443
  cidr_block     = aws_vpc.main.cidr_block
}
