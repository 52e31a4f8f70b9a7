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

# An exclusive set takes away what it does not list, and attaches the policies that it lists: the role that
# is closed keeps one policy, the one that is opened gets AWS's administrator policy from the set alone.
resource "aws_iam_role" "closed" {
  name               = "fixture-closed"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}

resource "aws_iam_role_policy_attachment" "closed_read" {
  role       = aws_iam_role.closed.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}

resource "aws_iam_user" "robot" {
  name = "fixture-robot"
}

resource "aws_iam_role_policy_attachments_exclusive" "closed" {
  role_name   = aws_iam_role.closed.name
  policy_arns = [aws_iam_role_policy_attachment.closed_read.policy_arn]
}

resource "aws_iam_role_policies_exclusive" "closed" {
  role_name    = aws_iam_role.closed.name
  policy_names = []
}

resource "aws_iam_user_policy_attachments_exclusive" "robot" {
  user_name   = aws_iam_user.robot.name
  policy_arns = []
}

resource "aws_iam_user_policies_exclusive" "robot" {
  user_name    = aws_iam_user.robot.name
  policy_names = []
}

resource "aws_iam_role" "opened" {
  name               = "fixture-opened"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}

resource "aws_iam_policy" "own" {
  name   = "fixture-own"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] })
}

resource "aws_iam_role_policy_attachments_exclusive" "opened" {
  role_name   = aws_iam_role.opened.name
  policy_arns = ["arn:aws:iam::aws:policy/AdministratorAccess", aws_iam_policy.own.arn]
}
