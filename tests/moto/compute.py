"""What instances are made of: snapshots, images, launch templates and spot fleets."""

import base64

from target import present, tag, tag_list


def create_compute(target, name, region):
    ec2 = target.client("ec2", name)
    for snapshot in region.get("snapshots", []):
        create_snapshot(target, ec2, snapshot, region)
    for image in region.get("images", []):
        # Images of others are not asked for.
        if "owner" not in image:
            create_image(target, ec2, image)
    for template in region.get("launch_templates", []):
        create_template(target, ec2, template)
    for fleet in region.get("spot_fleets", []):
        create_fleet(target, ec2, fleet)


def create_snapshot(target, ec2, snapshot, region):
    what = f"snapshot {snapshot['id']}"
    gone = None
    if snapshot["volume"] not in target.ids:
        # Its volume is gone: it was there when the snapshot was made.
        zone = region["subnets"][0]["zone"]
        size, encrypted = snapshot["gib"], snapshot["encrypted"]
        gone = target.attempt(what, ec2.create_volume, AvailabilityZone=zone, Size=size, Encrypted=encrypted)
        target.ids[snapshot["volume"]] = gone["VolumeId"]
    made = target.attempt(what, ec2.create_snapshot, VolumeId=target.mapped(snapshot["volume"]))
    if gone:
        target.attempt(what, ec2.delete_volume, VolumeId=gone["VolumeId"])
    if not made:
        return
    target.ids[snapshot["id"]] = made["SnapshotId"]
    if snapshot.get("public"):
        target.attempt(
            f"{what}: public",
            ec2.modify_snapshot_attribute,
            SnapshotId=made["SnapshotId"],
            Attribute="createVolumePermission",
            OperationType="add",
            GroupNames=["all"],
        )
    tag(target, ec2, snapshot["id"], snapshot.get("tags"))


def create_image(target, ec2, image):
    what = f"image {image['name']}"
    # moto takes no devices: every image gets one of its own.
    made = target.attempt(what, ec2.register_image, Name=image["name"], BlockDeviceMappings=devices(image))
    if not made:
        return
    target.ids[image["id"]] = made["ImageId"]
    if image.get("public"):
        everyone = {"Add": [{"Group": "all"}]}
        attribute = ec2.modify_image_attribute
        target.attempt(f"{what}: public", attribute, ImageId=made["ImageId"], LaunchPermission=everyone)
    tag(target, ec2, image["id"], image.get("tags"))


def devices(thing):
    return [{"DeviceName": disk["device"], "Ebs": volume(disk)} for disk in thing.get("disks", [])]


def volume(disk):
    """An empty one would not be sent."""
    told = {"encrypted": "Encrypted", "snapshot": "SnapshotId"}
    return {"VolumeType": "gp3", **{name: disk[ours] for ours, name in told.items() if ours in disk}}


def create_template(target, ec2, template):
    """The default version is the last one; those before it differ."""
    name, number = template["name"], template.get("version", 1)
    versions = [{"ImageId": f"ami-{old:017x}"} for old in range(1, number)] + [template_data(target, template)]
    made = target.attempt(
        f"launch template {name}",
        ec2.create_launch_template,
        LaunchTemplateName=name,
        LaunchTemplateData=versions[0],
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": tag_list(template.get("tags", {}))}],
    )
    if not made:
        return
    target.ids[template["id"]] = theirs = made["LaunchTemplate"]["LaunchTemplateId"]
    for version in versions[1:]:
        create_version = ec2.create_launch_template_version
        target.attempt(f"version of {name}", create_version, LaunchTemplateId=theirs, LaunchTemplateData=version)
    set_default = ec2.modify_launch_template
    target.attempt(f"default of {name}", set_default, LaunchTemplateId=theirs, DefaultVersion=str(number))


def template_data(target, template):
    text = template.get("user_data")
    data = present(
        ImageId=target.mapped(template.get("image")),
        BlockDeviceMappings=devices(template),
        UserData=base64.b64encode(text.encode()).decode() if text else None,
    )
    if "public_address" in template:
        interface = {"DeviceIndex": 0, "AssociatePublicIpAddress": template["public_address"]}
        data["NetworkInterfaces"] = [interface]
    if "metadata_tokens" in template:
        tokens = template["metadata_tokens"]
        options = {"HttpTokens": tokens, "HttpPutResponseHopLimit": 1, "HttpEndpoint": "enabled"}
        data["MetadataOptions"] = options
    return data


def create_fleet(target, ec2, fleet):
    # Nothing is launched: the instances of a fleet are not of the estate.
    made = target.attempt(
        f"spot fleet {fleet['id']}",
        ec2.request_spot_fleet,
        SpotFleetRequestConfig={
            "IamFleetRole": f"arn:aws:iam::{target.account}:role/aws-ec2-spot-fleet-tagging-role",
            "TargetCapacity": 0,
            "AllocationStrategy": "lowestPrice",
            "LaunchSpecifications": [
                {
                    "ImageId": target.mapped(fleet["image"]),
                    "InstanceType": "c7g.large",
                    "BlockDeviceMappings": devices(fleet),
                }
            ],
            "TagSpecifications": [{"ResourceType": "spot-fleet-request", "Tags": tag_list(fleet.get("tags", {}))}],
        },
    )
    if made:
        target.ids[fleet["id"]] = made["SpotFleetRequestId"]
