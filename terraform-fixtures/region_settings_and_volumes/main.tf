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

# The settings of the region are read from five resources into one document. The plan itself changes
# the default that decides about the volume that asks for nothing: nobody can tell which comes first.
resource "aws_ebs_encryption_by_default" "this" {}

resource "aws_ec2_instance_metadata_defaults" "this" {
  http_tokens = "required"
}

resource "aws_ebs_snapshot_block_public_access" "this" {
  state = "block-new-sharing"
}

resource "aws_ec2_image_block_public_access" "this" {
  state = "unblocked"
}

resource "aws_vpc_block_public_access_options" "this" {
  internet_gateway_block_mode = "block-ingress"
}

resource "aws_ebs_volume" "encrypted" {
  availability_zone = "eu-central-1a"
  size              = 10
  encrypted         = true

  tags = { Name = "fixture-encrypted" }
}

resource "aws_ebs_volume" "plain" {
  availability_zone = "eu-central-1a"
  size              = 10
  encrypted         = false
  tags              = { Name = "fixture-plain" }
}

resource "aws_ebs_volume" "by_default" {
  availability_zone = "eu-central-1a"
  size              = 10

  tags = { Name = "fixture-by-default" }
}
