"""Users, groups, roles, policies and account settings."""

import json

from target import present, tag_list


def create_identities(target, account):
    iam = target.client("iam")
    for policy in account["policies"]:
        create_policy(target, iam, policy)
    for group in account["groups"]:
        create_group(target, iam, group)
    for user in account["users"]:
        create_user(target, iam, user)
    for role in account["roles"]:
        create_role(target, iam, role)
    create_account_settings(target, iam, account)


def create_policy(target, iam, policy):
    first, *later = policy["versions"]
    named = present(PolicyName=policy["name"], Path=policy.get("path"), Description=policy.get("description"))
    created = target.attempt(f"policy {policy['name']}", iam.create_policy, PolicyDocument=json.dumps(first), **named)
    for version in later if created else []:
        target.attempt(
            f"version of {policy['name']}",
            iam.create_policy_version,
            PolicyArn=created["Policy"]["Arn"],
            PolicyDocument=json.dumps(version),
            SetAsDefault=True,
        )


def create_group(target, iam, group):
    name = group["name"]
    target.attempt(f"group {name}", iam.create_group, GroupName=name, Path=group.get("path", "/"))
    grant(target, group, f"group {name}", iam.attach_group_policy, iam.put_group_policy, GroupName=name)


def grant(target, holder, what, attach, put, **named):
    for arn in holder.get("attached", []):
        target.attempt(f"{what}: {arn}", attach, PolicyArn=arn, **named)
    for inline in holder.get("inline", []):
        document = json.dumps(inline["document"])
        target.attempt(f"{what}: inline", put, PolicyName=inline["name"], PolicyDocument=document, **named)


def create_user(target, iam, user):
    name = user["name"]
    what = f"user {name}"
    options = present(Tags=tag_list(user.get("tags", {})), PermissionsBoundary=user.get("boundary"))
    target.attempt(what, iam.create_user, UserName=name, Path=user.get("path", "/"), **options)
    for group in user.get("groups", []):
        target.attempt(f"{what}: group", iam.add_user_to_group, GroupName=group, UserName=name)
    grant(target, user, what, iam.attach_user_policy, iam.put_user_policy, UserName=name)
    if "password" in user:
        target.attempt(f"{what}: password", iam.create_login_profile, UserName=name, Password="Correct-horse-1")
    for key in user.get("access_keys", []):
        made = target.attempt(f"{what}: key", iam.create_access_key, UserName=name)
        if made and key.get("inactive"):
            key_id = made["AccessKey"]["AccessKeyId"]
            target.attempt(
                f"{what}: key", iam.update_access_key, UserName=name, AccessKeyId=key_id, Status="Inactive"
            )
    create_mfa(target, iam, user.get("mfa"), name)


def create_mfa(target, iam, kind, name):
    if kind is None:
        return
    serial = f"GAHT{name}"
    if kind == "virtual":
        device = target.attempt(f"mfa of {name}", iam.create_virtual_mfa_device, VirtualMFADeviceName=name)
        serial = device["VirtualMFADevice"]["SerialNumber"] if device else serial
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "234567"}
    target.attempt(f"mfa of {name}", iam.enable_mfa_device, UserName=name, SerialNumber=serial, **codes)


def create_role(target, iam, role):
    name = role["name"]
    options = present(
        Tags=tag_list(role.get("tags", {})),
        PermissionsBoundary=role.get("boundary"),
        Description=role.get("description"),
    )
    target.attempt(
        f"role {name}",
        iam.create_role,
        RoleName=name,
        Path=role.get("path", "/"),
        AssumeRolePolicyDocument=json.dumps(role["trust"]),
        MaxSessionDuration=role.get("max_session_seconds", 3600),
        **options,
    )
    grant(target, role, f"role {name}", iam.attach_role_policy, iam.put_role_policy, RoleName=name)
    profile = role.get("instance_profile")
    if profile:
        target.attempt(f"profile {profile}", iam.create_instance_profile, InstanceProfileName=profile)
        target.attempt(
            f"profile {profile}", iam.add_role_to_instance_profile, InstanceProfileName=profile, RoleName=name
        )


def create_account_settings(target, iam, account):
    if "alias" in account:
        target.attempt("alias", iam.create_account_alias, AccountAlias=account["alias"])
    policy = account.get("password_policy")
    if policy:
        options = present(MaxPasswordAge=policy.get("max_age_days"), PasswordReusePrevention=policy.get("remembered"))
        target.attempt(
            "password policy",
            iam.update_account_password_policy,
            MinimumPasswordLength=policy["minimum_length"],
            RequireSymbols=policy.get("symbols", False),
            RequireNumbers=policy.get("numbers", False),
            RequireUppercaseCharacters=policy.get("uppercase", False),
            RequireLowercaseCharacters=policy.get("lowercase", False),
            AllowUsersToChangePassword=policy.get("users_may_change", False),
            **options,
        )
    for provider in account["saml_providers"]:
        metadata = "<EntityDescriptor/>".ljust(1000)
        tags = tag_list(provider.get("tags", {}))
        target.attempt(
            "saml", iam.create_saml_provider, Name=provider["name"], SAMLMetadataDocument=metadata, Tags=tags
        )
    for provider in account["oidc_providers"]:
        target.attempt(
            "oidc",
            iam.create_open_id_connect_provider,
            Url="https://" + provider["url"],
            ClientIDList=provider["audiences"],
            ThumbprintList=provider["thumbprints"],
            Tags=tag_list(provider.get("tags", {})),
        )
    for certificate in account["server_certificates"]:
        target.attempt(
            "server certificate",
            iam.upload_server_certificate,
            ServerCertificateName=certificate["name"],
            Path=certificate.get("path", "/"),
            CertificateBody="-----BEGIN CERTIFICATE-----",
            PrivateKey="-----BEGIN PRIVATE KEY-----",
        )
