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

# The policy of an endpoint stands in it or beside it; without one, AWS lets everything through. A policy
# that waits for an ARN is seen through as far as it is known.
resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "a" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.0.1.0/24"
  availability_zone = "eu-central-1a"
}

resource "aws_subnet" "b" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.0.2.0/24"
  availability_zone = "eu-central-1b"
}

resource "aws_security_group" "endpoints" {
  name   = "fixture-endpoints"
  vpc_id = aws_vpc.main.id
}

resource "aws_s3_bucket" "own" {
  bucket = "fixture-own"
}

resource "aws_vpc_endpoint" "without_policy" {
  vpc_id       = aws_vpc.main.id
  service_name = "com.amazonaws.eu-central-1.s3"
}

resource "aws_vpc_endpoint" "with_policy" {
  vpc_id             = aws_vpc.main.id
  service_name       = "com.amazonaws.eu-central-1.sts"
  vpc_endpoint_type  = "Interface"
  subnet_ids         = [aws_subnet.a.id]
  security_group_ids = [aws_security_group.endpoints.id]
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = "*"
      Action    = "*"
      Resource  = "*"
      Condition = { StringEquals = { "aws:PrincipalAccount" = "123456789012" } }
    }]
  })
}

resource "aws_vpc_endpoint" "policy_beside" {
  vpc_id              = aws_vpc.main.id
  service_name        = "com.amazonaws.eu-central-1.dynamodb"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
}

resource "aws_vpc_endpoint_subnet_association" "a" {
  vpc_endpoint_id = aws_vpc_endpoint.policy_beside.id
  subnet_id       = aws_subnet.a.id
}

resource "aws_vpc_endpoint_subnet_association" "b" {
  vpc_endpoint_id = aws_vpc_endpoint.policy_beside.id
  subnet_id       = aws_subnet.b.id
}

data "aws_iam_policy_document" "own_bucket" {
  statement {
    actions   = ["s3:GetObject"]
    resources = [aws_s3_bucket.own.arn]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
  }
}

resource "aws_vpc_endpoint_policy" "beside" {
  vpc_endpoint_id = aws_vpc_endpoint.policy_beside.id
  policy          = data.aws_iam_policy_document.own_bucket.json
}
