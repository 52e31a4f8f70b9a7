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

# The default group of a VPC is named through the VPC. Where a resource adopts it, the rule is one of that
# group; where none does, it opens a group that the plan does not hold.
resource "aws_vpc" "adopted" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_default_security_group" "adopted" {
  vpc_id = aws_vpc.adopted.id
}

resource "aws_security_group_rule" "adopted" {
  security_group_id = aws_vpc.adopted.default_security_group_id
  type              = "ingress"
  protocol          = "tcp"
  from_port         = 22
  to_port           = 22
  cidr_blocks       = ["10.0.0.0/8"]
}

resource "aws_vpc" "left_alone" {
  cidr_block = "10.1.0.0/16"
}

resource "aws_vpc_security_group_ingress_rule" "left_alone" {
  security_group_id = aws_vpc.left_alone.default_security_group_id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
}

resource "aws_security_group" "other" {
  name   = "fixture-other"
  vpc_id = aws_vpc.left_alone.id
}
