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

# Dynamic blocks whose content, or whose number, is known only after apply. The configuration in a plan
# shows no dynamic blocks, so that nothing tells them from blocks that nobody wrote, but for what stands
# in their place: an entry of which nothing is known, or a block that the provider would not compute.
resource "aws_vpc" "main" {
  cidr_block                       = "10.0.0.0/16"
  assign_generated_ipv6_cidr_block = true
}

locals {
  once = aws_vpc.main.ipv6_cidr_block == "" ? [] : [aws_vpc.main.ipv6_cidr_block]
}

resource "aws_network_acl" "content" {
  vpc_id = aws_vpc.main.id

  dynamic "ingress" {
    for_each = [aws_vpc.main.ipv6_cidr_block]
    content {
      rule_no         = 100
      action          = "allow"
      protocol        = "-1"
      from_port       = 0
      to_port         = 0
      ipv6_cidr_block = ingress.value
    }
  }
}

resource "aws_network_acl" "number" {
  vpc_id = aws_vpc.main.id

  dynamic "ingress" {
    for_each = local.once
    content {
      rule_no    = 100
      action     = "allow"
      protocol   = "-1"
      from_port  = 0
      to_port    = 0
      cidr_block = "0.0.0.0/0"
    }
  }
}

resource "aws_default_network_acl" "number" {
  default_network_acl_id = aws_vpc.main.default_network_acl_id

  dynamic "ingress" {
    for_each = local.once
    content {
      rule_no    = 100
      action     = "allow"
      protocol   = "-1"
      from_port  = 0
      to_port    = 0
      cidr_block = "0.0.0.0/0"
    }
  }
}

resource "aws_security_group" "content" {
  name   = "fixture-content"
  vpc_id = aws_vpc.main.id

  dynamic "ingress" {
    for_each = [aws_vpc.main.ipv6_cidr_block]
    content {
      protocol         = "tcp"
      from_port        = 22
      to_port          = 22
      ipv6_cidr_blocks = [ingress.value]
    }
  }
}

resource "aws_security_group" "number" {
  name   = "fixture-number"
  vpc_id = aws_vpc.main.id

  dynamic "ingress" {
    for_each = local.once
    content {
      protocol    = "tcp"
      from_port   = 22
      to_port     = 22
      cidr_blocks = ["0.0.0.0/0"]
    }
  }
}

resource "aws_default_security_group" "number" {
  vpc_id = aws_vpc.main.id

  dynamic "ingress" {
    for_each = local.once
    content {
      protocol    = "tcp"
      from_port   = 22
      to_port     = 22
      cidr_blocks = ["0.0.0.0/0"]
    }
  }
}

resource "aws_route_table" "number" {
  vpc_id = aws_vpc.main.id

  dynamic "route" {
    for_each = local.once
    content {
      cidr_block = "0.0.0.0/0"
      gateway_id = "igw-0a1b2c3d4e5f60718"
    }
  }
}

resource "aws_instance" "number" {
  ami                         = "ami-0a1b2c3d4e5f60718"
  instance_type               = "t3.micro"
  associate_public_ip_address = false

  dynamic "launch_template" {
    for_each = local.once
    content {
      id = "lt-0a1b2c3d4e5f60718"
    }
  }

  dynamic "ebs_block_device" {
    for_each = [aws_vpc.main.ipv6_cidr_block != ""]
    content {
      device_name = "/dev/sdf"
      encrypted   = ebs_block_device.value
    }
  }
}

# Blocks that the provider fills in where nobody writes them. That they may be written here follows from
# the list of attributes that the plan rests on: no expression shows what the local refers to.
resource "aws_instance" "filled_in" {
  ami                         = "ami-0a1b2c3d4e5f60718"
  instance_type               = "t3.micro"
  associate_public_ip_address = false

  dynamic "enclave_options" {
    for_each = local.once
    content {
      enabled = true
    }
  }

  dynamic "metadata_options" {
    for_each = local.once
    content {
      http_tokens = "optional"
    }
  }

  dynamic "network_interface" {
    for_each = local.once
    content {
      device_index         = 0
      network_interface_id = "eni-0a1b2c3d4e5f60718"
    }
  }
}

resource "aws_launch_template" "number" {
  name = "fixture-number"

  dynamic "metadata_options" {
    for_each = local.once
    content {
      http_tokens = "optional"
    }
  }

  dynamic "block_device_mappings" {
    for_each = local.once
    content {
      device_name = "/dev/sdf"
      ebs {
        encrypted = false
      }
    }
  }

  dynamic "network_interfaces" {
    for_each = local.once
    content {
      associate_public_ip_address = true
    }
  }
}
