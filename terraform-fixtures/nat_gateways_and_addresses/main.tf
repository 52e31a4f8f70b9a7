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

# An address is in use when a NAT gateway or an instance takes it. What nothing here takes may be taken by
# a load balancer, or by hand.
resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "a" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.0.1.0/24"
  availability_zone = "eu-central-1a"
}

resource "aws_eip" "out" {
  domain = "vpc"
  tags   = { Name = "fixture-out" }
}

resource "aws_nat_gateway" "out" {
  allocation_id = aws_eip.out.id
  subnet_id     = aws_subnet.a.id
  tags          = { Name = "fixture-out" }
}

resource "aws_nat_gateway" "within" {
  connectivity_type = "private"
  subnet_id         = aws_subnet.a.id
}

resource "aws_instance" "web" {
  ami           = "ami-0a1b2c3d4e5f60718"
  instance_type = "t3.micro"
  subnet_id     = aws_subnet.a.id
}

resource "aws_eip" "web" {
  domain = "vpc"
}

resource "aws_eip_association" "web" {
  allocation_id = aws_eip.web.id
  instance_id   = aws_instance.web.id
}

resource "aws_eip" "spare" {
  domain = "vpc"
}
