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

# What a deleted setting leaves behind: no metadata defaults, snapshots and gateways unblocked, but the
# block of images stays, because the provider leaves that one alone. The encryption default stands, so
# that it decides about the new volume, but not about one that is made of a snapshot.
resource "aws_ebs_encryption_by_default" "this" {}

resource "aws_ebs_volume" "by_default" {
  availability_zone = "eu-central-1a"
  size              = 10
}

resource "aws_instance" "worker" {
  ami                         = "ami-0a1b2c3d4e5f60718"
  instance_type               = "t3.micro"
  subnet_id                   = "subnet-0a1b2c3d4e5f60718"
  associate_public_ip_address = false
}

resource "aws_ebs_volume" "restored" {
  availability_zone = "eu-central-1a"
  snapshot_id       = "snap-0a1b2c3d4e5f60718"
}
