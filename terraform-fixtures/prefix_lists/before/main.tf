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

resource "aws_ec2_managed_prefix_list" "older" {
  name           = "fixture-older"
  address_family = "IPv4"
  max_entries    = 5
}

resource "aws_ec2_managed_prefix_list_entry" "kept" {
  prefix_list_id = aws_ec2_managed_prefix_list.older.id
  cidr           = "203.0.113.0/24"
}

resource "aws_ec2_managed_prefix_list_entry" "dropped" {
  prefix_list_id = aws_ec2_managed_prefix_list.older.id
  cidr           = "0.0.0.0/0"
}
