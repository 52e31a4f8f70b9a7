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

# Which bucket gets the policy depends on a value that is known after apply: it is in doubt on both.
resource "aws_s3_bucket" "blue" {
  bucket = "fixture-blue"
}

resource "aws_s3_bucket" "green" {
  bucket = "fixture-green"
}

resource "aws_s3_bucket" "other" {
  bucket = "fixture-other"
}

resource "terraform_data" "switch" {}

resource "aws_s3_bucket_policy" "live" {
  bucket = terraform_data.switch.id == "blue" ? aws_s3_bucket.blue.id : aws_s3_bucket.green.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "*" }]
  })
}
