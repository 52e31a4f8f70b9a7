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

# A new template: its first version is the default one. What it leaves out stays out.
resource "aws_security_group" "web" {
  name   = "fixture-web"
  vpc_id = "vpc-0a1b2c3d4e5f60718"
}

resource "aws_launch_template" "safe" {
  name      = "fixture-safe"
  image_id  = "ami-0a1b2c3d4e5f60718"
  user_data = base64encode("#!/bin/sh\necho hello\n")

  metadata_options {
    http_tokens                 = "required"
    http_endpoint               = "enabled"
    http_put_response_hop_limit = 1
  }

  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      encrypted = "true"
    }
  }

  network_interfaces {
    device_index                = 0
    associate_public_ip_address = "false"
    security_groups             = [aws_security_group.web.id]
  }
}

resource "aws_launch_template" "careless" {
  name      = "fixture-careless"
  user_data = base64encode("#!/bin/sh\nexport AWS_ACCESS_KEY_ID=AKIAQWERTYUIOP234567\n")

  metadata_options {
    http_tokens   = "optional"
    http_endpoint = "enabled"
  }

  block_device_mappings {
    device_name  = "/dev/sdb"
    virtual_name = "ephemeral0"
  }

  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      encrypted = "false"
    }
  }

  network_interfaces {
    associate_public_ip_address = "true"
    subnet_id                   = "subnet-0a1b2c3d4e5f60718"
  }
}

resource "aws_launch_template" "bare" {
  name = "fixture-bare"
}
