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

# Made before by this configuration: its access block and ownership are set outside of it.
resource "aws_s3_bucket" "older" {
  bucket = "fixture-older"
}
