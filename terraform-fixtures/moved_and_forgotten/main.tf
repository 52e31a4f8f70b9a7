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

# A role with a new address is the same role; a group that Terraform forgets is still there.
resource "aws_iam_role" "new" {
  name               = "fixture-open"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = "*", Action = "sts:AssumeRole" }] })
}

moved {
  from = aws_iam_role.old
  to   = aws_iam_role.new
}

removed {
  from = aws_security_group.kept

  lifecycle {
    destroy = false
  }
}
