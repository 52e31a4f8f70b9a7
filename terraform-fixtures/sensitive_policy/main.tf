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

data "aws_caller_identity" "current" {}

# Marked sensitive: judged, and printed nowhere.
variable "partner" {
  type      = string
  default   = "arn:aws:iam::999988887777:role/confidential"
  sensitive = true
}

resource "aws_iam_role" "partner" {
  name = "fixture-partner"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = { AWS = var.partner }, Action = "sts:AssumeRole" },
      { Effect = "Allow", Principal = { AWS = "*" }, Action = "sts:AssumeRole" },
    ]
  })
}
