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

# Users are in groups by what the user lists, and by what the group lists. An administrators' group makes
# administrators of its members; who else is in a group that exists, the plan does not know.
resource "aws_iam_user" "alice" {
  name = "fixture-alice"
}

resource "aws_iam_user" "bob" {
  name = "fixture-bob"
}

resource "aws_iam_group" "administrators" {
  name = "fixture-administrators"
}

resource "aws_iam_group" "readers" {
  name = "fixture-readers"
}

resource "aws_iam_group_policy_attachment" "administrators" {
  group      = aws_iam_group.administrators.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "aws_iam_group_policy" "readers" {
  name   = "read"
  group  = aws_iam_group.readers.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] })
}

resource "aws_iam_group_membership" "administrators" {
  name  = "administrators"
  group = aws_iam_group.administrators.id
  users = [aws_iam_user.alice.id]
}

resource "aws_iam_user_group_membership" "bob" {
  user   = aws_iam_user.bob.id
  groups = [aws_iam_group.readers.id]
}

resource "aws_iam_user_login_profile" "alice" {
  user = aws_iam_user.alice.name
}
