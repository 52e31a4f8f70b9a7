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

# One role has AWS's administrator policy, the other a policy of the plan that allows everything.
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "aws" {
  name               = "fixture-aws"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy_attachment" "aws" {
  role       = aws_iam_role.aws.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "aws_iam_role" "own" {
  name               = "fixture-own"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_policy" "everything" {
  name = "fixture-everything"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }]
  })
}

resource "aws_iam_role_policy_attachment" "own" {
  role       = aws_iam_role.own.name
  policy_arn = aws_iam_policy.everything.arn
}

resource "aws_iam_instance_profile" "own" {
  name = "fixture-own"
  role = aws_iam_role.own.name
}
