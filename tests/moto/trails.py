"""The trails that record the account."""

from target import present


def create_trail(target, trail):
    """Needs its bucket."""
    cloudtrail = target.client("cloudtrail", trail["region"])
    name = trail["name"]
    made = target.attempt(
        f"trail {name}",
        cloudtrail.create_trail,
        Name=name,
        S3BucketName=trail["bucket"],
        IsMultiRegionTrail=not trail.get("single_region", False),
        EnableLogFileValidation=trail.get("validated", False),
        **present(S3KeyPrefix=trail.get("prefix"), KmsKeyId=trail.get("kms_key")),
    )
    if not made:
        return
    chosen = present(
        EventSelectors=[basic(one) for one in trail.get("selectors", [])],
        AdvancedEventSelectors=[advanced(one) for one in trail.get("advanced_selectors", [])],
    )
    if chosen:
        target.attempt(f"trail {name}: selectors", cloudtrail.put_event_selectors, TrailName=name, **chosen)
    if not trail.get("stopped"):
        target.attempt(f"trail {name}: start", cloudtrail.start_logging, Name=name)


def basic(selector):
    data = [{"Type": one["of"], "Values": one["arns"]} for one in selector.get("data", [])]
    return {"ReadWriteType": selector["events"], "IncludeManagementEvents": True, "DataResources": data}


def advanced(selector):
    fields = [{"Field": field, **tests} for field, tests in selector["fields"].items()]
    return {"Name": selector["name"], "FieldSelectors": fields}
