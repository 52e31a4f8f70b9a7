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

# Nobody sets anything: the provider shows a dozen unknown attributes that depend on nothing. AWS
# creates the bucket with all four access-block flags, ACLs off and AES256.
resource "aws_s3_bucket" "archive" {
  bucket = "fixture-archive"
}
