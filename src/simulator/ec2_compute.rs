//! EC2: snapshots, images, launch templates, spot fleets and user data.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::ec2::{Listing, Place, list, shows};
use super::ec2_items::{Values, tag_set, value};
use super::estate_compute::{Disk, Image, LaunchTemplate, Snapshot, SpotFleet};
use super::refusal::Refusal;
use super::request::Call;
use super::s3::instant;
use super::xml::{Xml, ec2_answer};

/// The operations that are answered here.
pub(super) const OPERATIONS: [&str; 6] = [
    "DescribeSnapshots",
    "DescribeImages",
    "DescribeLaunchTemplates",
    "DescribeLaunchTemplateVersions",
    "DescribeSpotFleetRequests",
    "DescribeInstanceAttribute",
];

pub(super) fn answer(call: &Call, place: &Place<'_>) -> Result<String, Refusal> {
    match call.operation() {
        "DescribeSnapshots" => snapshots(call, place),
        "DescribeImages" => images(call, place),
        "DescribeLaunchTemplates" => launch_templates(call, place),
        "DescribeLaunchTemplateVersions" => template_versions(call, place),
        "DescribeSpotFleetRequests" => spot_fleets(call, place),
        "DescribeInstanceAttribute" => instance_attribute(call, place),
        _ => Err(Refusal::unsupported(&call.asked)),
    }
}

/// All snapshots of the region are the account's own, so that any owner but oneself has none.
fn snapshots(call: &Call, place: &Place<'_>) -> Result<String, Refusal> {
    let own = owns(call, place);
    let everyone = call.numbered("RestorableBy").contains(&"all");
    let wanted = |snapshot: &&Snapshot| own && (snapshot.public || !everyone);
    let listing = Listing {
        things: place.region.snapshots.iter().filter(wanted).collect(),
        id_parameter: "SnapshotId",
        not_found: ("InvalidSnapshot.NotFound", "snapshot"),
        page_sizes: 5..=1000,
        set: "snapshotSet",
    };
    let attribute = |snapshot: &&Snapshot, filter: &str| match filter {
        "snapshot-id" => value(&snapshot.id),
        "volume-id" => value(&snapshot.volume),
        "encrypted" => value(&snapshot.encrypted.to_string()),
        _ => None,
    };
    list(
        call,
        listing,
        |snapshot| (&snapshot.id, &snapshot.tags),
        attribute,
        |xml, snapshot| {
            xml.text("snapshotId", &snapshot.id);
            xml.text("volumeId", &snapshot.volume);
            xml.text("status", "completed");
            xml.text("startTime", instant(place.estate.days_ago(snapshot.created_days_ago)));
            xml.text("progress", "100%");
            xml.text("ownerId", &place.account.id);
            xml.text("volumeSize", snapshot.gib);
            xml.text("encrypted", snapshot.encrypted);
            xml.text("storageTier", "standard");
            tag_set(xml, &snapshot.tags);
        },
    )
}

/// Whether the caller asks for what is his, or leaves the owner open.
fn owns(call: &Call, place: &Place<'_>) -> bool {
    let owners = call.numbered("Owner");
    owners.is_empty() || owners.iter().any(|owner| *owner == "self" || *owner == place.account.id)
}

fn images(call: &Call, place: &Place<'_>) -> Result<String, Refusal> {
    let owners = call.numbered("Owner");
    let with_deprecated = call.parameter("IncludeDeprecated") == Some("true");
    let wanted = |image: &&Image| match image.owner.as_deref() {
        None => owns(call, place),
        // Others' images are shown until their deprecation, and behind it on request.
        Some(owner) => {
            let deprecated = image.deprecated_days_ago.is_some_and(|days| days >= 0);
            (owners.is_empty() || owners.contains(&owner)) && (with_deprecated || !deprecated)
        }
    };
    let listing = Listing {
        things: place.region.images.iter().filter(wanted).collect(),
        id_parameter: "ImageId",
        not_found: ("InvalidAMIID.NotFound", "image id"),
        page_sizes: 1..=1000,
        set: "imagesSet",
    };
    let attribute = |image: &&Image, filter: &str| match filter {
        "image-id" => value(&image.id),
        "name" => value(&image.name),
        "is-public" => value(&image.public.to_string()),
        _ => None,
    };
    list(call, listing, |image| (&image.id, &image.tags), attribute, |xml, image| write_image(xml, place, image))
}

fn write_image(xml: &mut Xml, place: &Place<'_>, image: &Image) {
    /// The account that Amazon's own images belong to.
    const AMAZON: &str = "137112412989";
    let owner = match image.owner.as_deref() {
        None => &place.account.id,
        Some("amazon") => AMAZON,
        Some(account) => account,
    };
    xml.text("imageId", &image.id);
    xml.text("imageLocation", format!("{owner}/{}", image.name));
    xml.text("imageState", "available");
    xml.text("imageOwnerId", owner);
    if image.owner.as_deref() == Some("amazon") {
        xml.text("imageOwnerAlias", "amazon");
    }
    xml.text("creationDate", instant(place.estate.days_ago(image.created_days_ago)));
    xml.text("isPublic", image.public);
    xml.text("architecture", "arm64");
    xml.text("imageType", "machine");
    xml.text("name", &image.name);
    xml.text("rootDeviceType", "ebs");
    xml.text("virtualizationType", "hvm");
    disks(xml, "blockDeviceMapping", &image.disks);
    if let Some(days) = image.deprecated_days_ago {
        xml.text("deprecationTime", instant(place.estate.days_ago(days)));
    }
    tag_set(xml, &image.tags);
}

fn disks(xml: &mut Xml, set: &str, disks: &[Disk]) {
    xml.list(set, "item", disks, |xml, disk| {
        xml.text("deviceName", &disk.device);
        xml.element("ebs", |xml| {
            xml.maybe("encrypted", disk.encrypted);
            xml.maybe("snapshotId", disk.snapshot.as_ref());
            xml.text("deleteOnTermination", true);
            xml.text("volumeType", "gp3");
        });
    });
}

fn template_attribute(template: &LaunchTemplate, filter: &str) -> Values {
    match filter {
        "launch-template-name" => value(&template.name),
        _ => None,
    }
}

fn templates<'a>(call: &Call, place: &Place<'a>, set: &'a str) -> Listing<'a, &'a LaunchTemplate> {
    Listing {
        things: place.region.launch_templates.iter().filter(|template| shows(call, template.hidden)).collect(),
        id_parameter: "LaunchTemplateId",
        not_found: ("InvalidLaunchTemplateId.NotFound", "launch template"),
        page_sizes: 1..=200,
        set,
    }
}

fn launch_templates(call: &Call, place: &Place<'_>) -> Result<String, Refusal> {
    list(
        call,
        templates(call, place, "launchTemplates"),
        |template| (&template.id, &template.tags),
        |template, filter| template_attribute(template, filter),
        |xml, template| {
            write_identity(xml, place, template);
            xml.text("defaultVersionNumber", template.version);
            xml.text("latestVersionNumber", template.version);
            tag_set(xml, &template.tags);
        },
    )
}

fn write_identity(xml: &mut Xml, place: &Place<'_>, template: &LaunchTemplate) {
    xml.text("launchTemplateId", &template.id);
    xml.text("launchTemplateName", &template.name);
    xml.text("createTime", instant(place.estate.days_ago(template.created_days_ago)));
    xml.text("createdBy", place.account.iam_arn("user", "/", &place.account.caller));
}

/// Only the default versions are kept, and only those of all templates are asked for.
fn template_versions(call: &Call, place: &Place<'_>) -> Result<String, Refusal> {
    if call.numbered("LaunchTemplateVersion") != ["$Default"] {
        let message = "The request must contain the parameter LaunchTemplateId or LaunchTemplateName.";
        return Err(Refusal::new(400, "MissingParameter", message));
    }
    list(
        call,
        templates(call, place, "launchTemplateVersionSet"),
        |template| (&template.id, &template.tags),
        |template, filter| template_attribute(template, filter),
        |xml, template| {
            write_identity(xml, place, template);
            xml.text("versionNumber", template.version);
            xml.text("defaultVersion", true);
            xml.element("launchTemplateData", |xml| write_template(xml, template));
        },
    )
}

fn write_template(xml: &mut Xml, template: &LaunchTemplate) {
    xml.maybe("imageId", template.image.as_ref());
    disks(xml, "blockDeviceMappingSet", &template.disks);
    if let Some(public) = template.public_address {
        xml.list("networkInterfaceSet", "item", [public], |xml, public| {
            xml.text("deviceIndex", 0);
            xml.text("associatePublicIpAddress", public);
        });
    }
    xml.maybe("userData", template.user_data.as_ref().map(|text| STANDARD.encode(text)));
    if let Some(tokens) = &template.metadata_tokens {
        xml.element("metadataOptions", |xml| {
            xml.text("httpTokens", tokens);
            xml.text("httpPutResponseHopLimit", 1);
            xml.text("httpEndpoint", "enabled");
        });
    }
}

fn spot_fleets(call: &Call, place: &Place<'_>) -> Result<String, Refusal> {
    let listing = Listing {
        things: place.region.spot_fleets.iter().collect(),
        id_parameter: "SpotFleetRequestId",
        not_found: ("InvalidSpotFleetRequestId.NotFound", "spot fleet request ID"),
        page_sizes: 1..=1000,
        set: "spotFleetRequestConfigSet",
    };
    list(call, listing, |fleet| (&fleet.id, &fleet.tags), |_, _| None, |xml, fleet| write_fleet(xml, place, fleet))
}

fn write_fleet(xml: &mut Xml, place: &Place<'_>, fleet: &SpotFleet) {
    xml.text("spotFleetRequestId", &fleet.id);
    xml.text("spotFleetRequestState", &fleet.state);
    xml.text("createTime", instant(place.estate.days_ago(fleet.created_days_ago)));
    xml.element("spotFleetRequestConfig", |xml| {
        xml.text("iamFleetRole", place.account.iam_arn("role", "/", "aws-ec2-spot-fleet-tagging-role"));
        xml.text("targetCapacity", 1);
        xml.list("launchSpecifications", "item", [fleet], |xml, fleet| {
            xml.text("imageId", &fleet.image);
            xml.text("instanceType", "c7g.large");
            disks(xml, "blockDeviceMapping", &fleet.disks);
        });
    });
    tag_set(xml, &fleet.tags);
}

fn instance_attribute(call: &Call, place: &Place<'_>) -> Result<String, Refusal> {
    let id = call.needed("InstanceId")?;
    let instance = place.region.instances.iter().find(|instance| instance.id == id).ok_or_else(|| {
        Refusal::new(400, "InvalidInstanceID.NotFound", format!("The instance ID '{id}' does not exist"))
    })?;
    if call.needed("Attribute")? != "userData" {
        return Err(Refusal::new(400, "InvalidParameterValue", "only userData is simulated"));
    }
    Ok(ec2_answer(call.operation(), &call.request, |xml| {
        xml.text("instanceId", id);
        xml.element("userData", |xml| {
            xml.maybe("value", instance.user_data.as_ref().map(|text| STANDARD.encode(text)));
        });
    }))
}
