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

# The module passes on what its caller leaves out: null, so the provider's default, not unknown.
module "store" {
  source = "./store"
  name   = "fixture-optional"
}
