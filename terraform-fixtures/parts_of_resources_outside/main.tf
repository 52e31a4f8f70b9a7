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

# What the parts belong to is not in the plan: it is a document of which only these parts are known. A part
# that is deleted is known to be gone, and an attachment makes an administrator of a role made elsewhere.
data "aws_s3_bucket" "looked_up" {
  bucket = "fixture-looked-up"
}

resource "aws_s3_bucket_policy" "elsewhere" {
  bucket = "fixture-elsewhere"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::fixture-elsewhere/*" }] })
}

resource "aws_s3_bucket_versioning" "looked_up" {
  bucket = data.aws_s3_bucket.looked_up.bucket

  versioning_configuration {
    status = "Suspended"
  }
}

resource "aws_iam_role_policy_attachment" "elsewhere" {
  role       = "fixture-role-elsewhere"
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "aws_iam_user_policy" "elsewhere" {
  name   = "everything"
  user   = "fixture-user-elsewhere"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
}

resource "aws_security_group_rule" "elsewhere" {
  security_group_id = "sg-0a1b2c3d4e5f60718"
  type              = "ingress"
  protocol          = "tcp"
  from_port         = 22
  to_port           = 22
  cidr_blocks       = ["0.0.0.0/0"]
}
