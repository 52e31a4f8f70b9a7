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

# `terraform show -json tfplan > plan.json` in Windows PowerShell 5 writes UTF-16 with a byte order mark. The
# plan is the one that Terraform made, in that encoding.
resource "aws_security_group" "admin" {
  name   = "fixture-admin"
  vpc_id = "vpc-0a1b2c3d4e5f60718"
  tags   = { who = "Jürgen" }

  ingress {
    protocol    = "tcp"
    from_port   = 22
    to_port     = 22
    cidr_blocks = ["0.0.0.0/0"]
  }
}
