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

# Each volume that an instance's blocks describe is judged as the one that will be there. A root volume that
# nobody asks to encrypt is as the image is, also where it is asked for in clear; the region's default is
# not in this plan. A volume with a block of its own is told by that one alone.
resource "aws_kms_key" "disks" {
  description = "fixture"
}

resource "aws_instance" "asked" {
  ami           = "ami-0a1b2c3d4e5f60718"
  instance_type = "t3.micro"
  volume_tags   = { Name = "fixture-asked" }

  root_block_device {
    encrypted  = true
    kms_key_id = aws_kms_key.disks.arn
  }

  ebs_block_device {
    device_name = "/dev/sdf"
    volume_size = 10
    encrypted   = true
  }

  ebs_block_device {
    device_name = "/dev/sdg"
    volume_size = 10
    encrypted   = false
  }

  ebs_block_device {
    device_name = "/dev/sdh"
    snapshot_id = "snap-0a1b2c3d4e5f60718"
  }
}

resource "aws_instance" "clear" {
  ami           = "ami-0a1b2c3d4e5f60718"
  instance_type = "t3.micro"

  root_block_device {
    encrypted = false
    tags      = { Name = "fixture-clear" }
  }
}

resource "aws_instance" "unsaid" {
  ami           = "ami-0a1b2c3d4e5f60718"
  instance_type = "t3.micro"
}

resource "aws_ebs_volume" "data" {
  availability_zone = "eu-central-1a"
  size              = 10
  encrypted         = true
}
