# Roles that nobody in the account can change.
package lib.roles

# Service-linked roles, and those that AWS Identity Center makes from permission sets.
owned_by_aws(path) if startswith(path, "/aws-service-role/")

owned_by_aws(path) if startswith(path, "/aws-reserved/")
