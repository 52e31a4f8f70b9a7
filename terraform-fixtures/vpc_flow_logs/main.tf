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

# A new VPC has the flow logs of this plan only: the one that the log is joined to by reference
# passes, the other one fails. Subnets hand out public addresses only when told to.
resource "aws_vpc" "logged" {
  cidr_block = "10.1.0.0/16"
  tags       = { Name = "fixture-logged" }
}

resource "aws_vpc" "dark" {
  cidr_block                       = "10.2.0.0/16"
  assign_generated_ipv6_cidr_block = true

  tags = { Name = "fixture-dark" }
}

resource "aws_flow_log" "logged" {
  vpc_id               = aws_vpc.logged.id
  traffic_type         = "REJECT"
  log_destination_type = "s3"
  log_destination      = "arn:aws:s3:::fixture-logs"

  tags = { Name = "fixture-logged" }
}

resource "aws_flow_log" "accepted_only" {
  vpc_id               = aws_vpc.dark.id
  traffic_type         = "ACCEPT"
  log_destination_type = "s3"
  log_destination      = "arn:aws:s3:::fixture-logs"

  tags = { Name = "fixture-accepted-only" }
}

resource "aws_subnet" "public" {
  vpc_id                  = aws_vpc.logged.id
  cidr_block              = "10.1.1.0/24"
  availability_zone       = "eu-central-1a"
  map_public_ip_on_launch = true

  tags = { Name = "fixture-public" }
}

resource "aws_subnet" "private" {
  vpc_id     = aws_vpc.logged.id
  cidr_block = "10.1.2.0/24"

  tags = { Name = "fixture-private" }
}

resource "aws_internet_gateway" "attached" {
  vpc_id = aws_vpc.logged.id

  tags = { Name = "fixture-attached" }
}

resource "aws_internet_gateway" "left_over" {
  tags = { Name = "fixture-left-over" }
}
