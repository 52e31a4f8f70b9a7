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

# One connection is accepted at once, one waits for another account. Routes to the whole of the other VPC
# are wider than anybody needs.
resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_vpc" "other" {
  cidr_block = "10.40.0.0/16"
}

resource "aws_vpc_peering_connection" "own" {
  vpc_id      = aws_vpc.main.id
  peer_vpc_id = aws_vpc.other.id
  auto_accept = true
}

resource "aws_vpc_peering_connection" "foreign" {
  vpc_id        = aws_vpc.main.id
  peer_vpc_id   = "vpc-0a1b2c3d4e5f60718"
  peer_owner_id = "444455556666"
  peer_region   = "eu-west-1"
}

resource "aws_route_table" "wide" {
  vpc_id = aws_vpc.main.id

  route {
    cidr_block                = "10.40.0.0/16"
    vpc_peering_connection_id = aws_vpc_peering_connection.own.id
  }
}

resource "aws_route_table" "narrow" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route" "narrow" {
  route_table_id            = aws_route_table.narrow.id
  destination_cidr_block    = "10.40.16.0/20"
  vpc_peering_connection_id = aws_vpc_peering_connection.own.id
}
