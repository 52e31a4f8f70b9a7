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

resource "aws_iam_user" "robot" {
  name = "fixture-robot"
}

resource "aws_iam_user_policy" "robot" {
  name = "write"
  user = aws_iam_user.robot.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:PutObject", Resource = "arn:aws:s3:::fixture-inbox/*" }]
  })
}

resource "aws_iam_group" "robots" {
  name = "fixture-robots"
}

resource "aws_iam_user_group_membership" "robot" {
  user   = aws_iam_user.robot.name
  groups = [aws_iam_group.robots.name, "fixture-legacy"]
}

resource "aws_iam_access_key" "robot" {
  user = aws_iam_user.robot.name
}
