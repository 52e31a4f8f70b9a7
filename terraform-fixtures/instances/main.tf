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

# What is configured is known, by value or by reference. What is left open is decided at launch: the
# metadata options by the region's default and the image, the groups by the VPC, the address by AWS.
variable "metadata_tokens" {
  type    = string
  default = "optional"
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "main" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.0.1.0/24"
  availability_zone = "eu-central-1a"
}

resource "aws_security_group" "web" {
  name   = "fixture-web"
  vpc_id = aws_vpc.main.id
}

resource "aws_iam_role" "web" {
  name = "fixture-web"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_iam_instance_profile" "web" {
  name = "fixture-web"
  role = aws_iam_role.web.name
}

resource "aws_instance" "safe" {
  ami                    = "ami-0a1b2c3d4e5f60718"
  instance_type          = "t3.micro"
  subnet_id              = aws_subnet.main.id
  vpc_security_group_ids = [aws_security_group.web.id]
  iam_instance_profile   = aws_iam_instance_profile.web.name
  monitoring             = true

  metadata_options {
    http_tokens                 = "required"
    http_endpoint               = "enabled"
    http_put_response_hop_limit = 1
  }

  tags = { Name = "safe" }
}

resource "aws_instance" "careless" {
  ami                         = "ami-0a1b2c3d4e5f60718"
  instance_type               = "t3.micro"
  subnet_id                   = "subnet-0a1b2c3d4e5f60718"
  vpc_security_group_ids      = ["sg-0a1b2c3d4e5f60718"]
  iam_instance_profile        = "made-by-hand"
  associate_public_ip_address = true
  user_data                   = <<-TEXT
    #!/bin/sh
    export AWS_ACCESS_KEY_ID=AKIAQWERTYUIOP234567
  TEXT

  metadata_options {
    http_tokens   = var.metadata_tokens
    http_endpoint = "enabled"
  }
}

resource "aws_instance" "left_open" {
  ami           = "ami-0a1b2c3d4e5f60718"
  instance_type = "t3.micro"
}

resource "aws_instance" "from_template" {
  launch_template {
    id = "lt-0a1b2c3d4e5f60718"
  }
}
