terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

# What the plan makes is known beyond what it says: nobody has used a new user or tied an MFA device to it, a
# group whose name the provider makes up is not the default one, a group in a rule is that of the plan, and the
# account is that of the role that the provider assumes. (The stand-in that would apply this works in another
# account: there is no applied.json.)
provider "aws" {
  region = "eu-central-1"

  assume_role {
    role_arn = "arn:aws:iam::210987654321:role/deploy"
  }
}

provider "aws" {
  alias               = "audit"
  region              = "eu-central-1"
  allowed_account_ids = ["321098765432"]
}

resource "aws_iam_user" "robot" {
  name = "fixture-robot"
}

resource "aws_iam_access_key" "robot" {
  user = aws_iam_user.robot.name
}

resource "aws_iam_user" "person" {
  name = "fixture-person"
}

resource "aws_iam_user_login_profile" "person" {
  user = aws_iam_user.person.name
}

resource "aws_iam_user" "empty" {
  provider = aws.audit
  name     = "fixture-empty"
}

resource "aws_security_group" "balancer" {
  vpc_id = "vpc-0a1b2c3d4e5f60718"
}

resource "aws_security_group" "service" {
  name_prefix = "fixture-"
  vpc_id      = "vpc-0a1b2c3d4e5f60718"
}

resource "aws_vpc_security_group_ingress_rule" "service" {
  security_group_id            = aws_security_group.service.id
  referenced_security_group_id = aws_security_group.balancer.id
  ip_protocol                  = "tcp"
  from_port                    = 8443
  to_port                      = 8443
}

resource "aws_security_group_rule" "service" {
  security_group_id        = aws_security_group.service.id
  source_security_group_id = aws_security_group.balancer.id
  type                     = "ingress"
  protocol                 = "tcp"
  from_port                = 9443
  to_port                  = 9443
}

resource "aws_security_group" "inline" {
  name   = "fixture-inline"
  vpc_id = "vpc-0a1b2c3d4e5f60718"

  ingress {
    protocol        = "tcp"
    from_port       = 443
    to_port         = 443
    security_groups = [aws_security_group.balancer.id]
  }
}
