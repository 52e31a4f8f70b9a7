//! Instances and what they are made of: what is read of them, and what each missing read hides.

use std::collections::BTreeSet;

use plimsoll::model::{
    Configuration, Facts, Gap, GapReason, Instance, LaunchTemplate, Pointer, Region, Resource, ResourceType, Snapshot,
};
use plimsoll::simulator::{Fault, FaultKind, Simulator};
use plimsoll::source::aws::{Access, Depth, Keys, Scope, Session, collect};

use crate::estate::{demo, limits, serve, time};

/// What is read of the first account, with its facts.
pub(crate) async fn read(simulator: &Simulator, scope: Scope) -> Snapshot {
    let regions = simulator.look(|estate| estate.accounts[0].regions.keys().cloned().collect::<Vec<_>>());
    let access = Access {
        endpoint_url: Some(simulator.endpoint()),
        region: Some(Region::new("us-east-1").unwrap()),
        keys: Some(Keys {
            access_key_id: simulator.access_key(),
            secret_access_key: "any".to_owned(),
            session_token: None,
        }),
        limits: limits(),
        ..Access::default()
    };
    let regions = regions.into_iter().map(|region| Region::new(region).unwrap()).collect();
    let session = Session::connect(&access).await.unwrap();
    let mut snapshot = collect(&session, &Scope { regions, ..scope }, &|_| {}, time(0)).await;
    plimsoll::facts::derive(&mut snapshot);
    snapshot
}

pub(crate) fn of(snapshot: &Snapshot, resource_type: ResourceType) -> Vec<&Resource> {
    snapshot.resources.iter().filter(|resource| resource.resource_type == resource_type).collect()
}

fn named<'a>(snapshot: &'a Snapshot, name: &str) -> &'a Resource {
    snapshot.resources.iter().find(|resource| resource.name == name).unwrap()
}

fn instance(resource: &Resource) -> &Instance {
    let Configuration::Instance(instance) = &resource.configuration else { unreachable!("{resource:?}") };
    instance
}

fn template(resource: &Resource) -> &LaunchTemplate {
    let Configuration::LaunchTemplate(template) = &resource.configuration else { unreachable!("{resource:?}") };
    template
}

fn gaps<'a>(snapshot: &'a Snapshot, operation: &str) -> Vec<&'a Gap> {
    snapshot.gaps.iter().filter(|gap| gap.operation == operation).collect()
}

#[tokio::test]
async fn the_demo_is_read_whole() {
    let simulator = serve(demo()).await;
    let snapshot = read(&simulator, Scope { depth: Depth::Full, ..Scope::default() }).await;
    simulator.look(|estate| {
        let regions = || estate.accounts[0].regions.values();
        let count = |resource_type| of(&snapshot, resource_type).len();
        assert_eq!(count(ResourceType::EbsSnapshot), regions().map(|region| region.snapshots.len()).sum::<usize>());
        let own = regions().flat_map(|region| &region.images).filter(|image| image.owner.is_none()).count();
        assert_eq!(count(ResourceType::Image), own, "those of others are no resources");
        let templates = regions().map(|region| region.launch_templates.len()).sum::<usize>();
        assert_eq!(count(ResourceType::LaunchTemplate), templates);
        assert_eq!(count(ResourceType::SpotFleet), regions().map(|region| region.spot_fleets.len()).sum::<usize>());
        let protected = regions().map(|region| region.backed_up.len()).sum::<usize>();
        assert_eq!(count(ResourceType::ProtectedResource), protected);
    });
    let stopped = instance(named(&snapshot, "etl-2025"));
    let seen = stopped.observed.as_ref().unwrap();
    assert_eq!(seen.state.as_deref(), Some("stopped"));
    assert!(seen.stopped_since.is_some() && seen.launched < seen.stopped_since);
    assert_eq!(stopped.network_interface_ids, ["eni-5e0c9b7d31fa86422"]);
    let image = seen.image.as_ref().unwrap();
    assert_eq!((image.available, image.owner.as_deref()), (true, Some("amazon")));
    assert!(image.deprecated.is_some());
    let facts = of(&snapshot, ResourceType::Volume).into_iter().filter_map(|volume| match volume.facts.as_ref()? {
        Facts::Volume(facts) => Some((facts.has_snapshot.value, facts.backup_protected.value)),
        _ => None,
    });
    let facts: BTreeSet<_> = facts.collect();
    assert!(facts.contains(&(Some(true), Some(true))) && facts.contains(&(Some(false), Some(false))), "{facts:?}");
}

#[tokio::test]
async fn secrets_of_user_data_are_told_and_never_kept() {
    let simulator = serve(demo()).await;
    let snapshot = read(&simulator, Scope { depth: Depth::Full, ..Scope::default() }).await;
    let found = instance(named(&snapshot, "etl-2025")).user_data.as_ref().unwrap();
    assert_eq!(found.secrets.iter().map(|one| (one.line, one.kind.as_str())).collect::<Vec<_>>(), [(2, "password")]);
    let templates = of(&snapshot, ResourceType::LaunchTemplate);
    let notebook = templates.iter().find(|one| one.name == "analytics-notebook").unwrap();
    assert_eq!(template(notebook).user_data.as_ref().unwrap().secrets[0].line, 3);
    let runner = templates.iter().find(|one| one.name == "build-runner").unwrap();
    assert_eq!(template(runner).user_data.as_ref().unwrap().secrets, [], "a parameter is fetched");
    let text = serde_json::to_string(&snapshot).unwrap();
    assert!(!text.contains("Ferry2024") && !text.contains("orange-kettle"), "the secret is in the snapshot");
}

#[tokio::test]
async fn user_data_and_images_are_asked_for_only_when_a_rule_reads_them() {
    let simulator = serve(demo()).await;
    let snapshot = read(&simulator, Scope::default()).await;
    assert_eq!(simulator.stats().of("ec2", "DescribeInstanceAttribute"), 0);
    let places = ["/configuration/user_data", "/configuration/observed/image"].map(Pointer::new);
    for one in of(&snapshot, ResourceType::Instance) {
        assert!(places.iter().all(|place| one.unknown.contains(place)), "{:?}", one.unknown);
    }
    let skipped = gaps(&snapshot, "DescribeInstanceAttribute");
    assert_eq!(skipped.len(), 2, "one for each region");
    assert!(skipped.iter().all(|gap| gap.reason == GapReason::NotCollected));

    let wanted = BTreeSet::from([Pointer::new("/configuration/user_data/secrets")]);
    let snapshot = read(&simulator, Scope { wanted_of_instances: wanted, ..Scope::default() }).await;
    let instances = of(&snapshot, ResourceType::Instance).len() as u64;
    assert_eq!(simulator.stats().of("ec2", "DescribeInstanceAttribute"), instances);
    assert_eq!(gaps(&snapshot, "DescribeInstanceAttribute"), Vec::<&Gap>::new());
}

#[tokio::test]
async fn a_detail_that_cannot_be_read_is_unknown() {
    let simulator = serve(demo()).await;
    let denied = |operation| Fault::new(FaultKind::Denied).of("ec2", operation);
    simulator.set_faults(vec![denied("DescribeInstanceAttribute"), denied("DescribeLaunchTemplateVersions")]);
    let snapshot = read(&simulator, Scope { depth: Depth::Full, ..Scope::default() }).await;
    for one in of(&snapshot, ResourceType::Instance) {
        assert!(one.unknown.contains(&Pointer::new("/configuration/user_data")), "{:?}", one.unknown);
    }
    for one in of(&snapshot, ResourceType::LaunchTemplate) {
        assert!(one.unknown.contains(&Pointer::new("/configuration/metadata_options")), "{:?}", one.unknown);
    }
    let permission = |gap: &&Gap| gap.permission.clone().unwrap_or_default();
    let versions: BTreeSet<_> = gaps(&snapshot, "DescribeLaunchTemplateVersions").iter().map(permission).collect();
    assert_eq!(versions, BTreeSet::from(["ec2:DescribeLaunchTemplateVersions".to_owned()]));
    let data = gaps(&snapshot, "DescribeInstanceAttribute");
    assert!(data.iter().all(|gap| permission(gap) == "ec2:DescribeInstanceAttribute" && gap.resource.is_some()));
}

#[tokio::test]
async fn what_aws_services_manage_is_read_though_the_account_hides_it() {
    let mut estate = demo();
    let region = estate.accounts[0].regions.values_mut().find(|region| !region.instances.is_empty()).unwrap();
    let hidden = &mut region.instances[0];
    hidden.hidden = true;
    let instance = hidden.id.clone();
    let interface = instance.replacen("i-", "eni-", 1);
    region.volumes[0].instance = Some(instance.clone());
    let volume = region.volumes[0].id.clone();
    region.launch_templates[0].hidden = true;
    let template = region.launch_templates[0].id.clone();
    let simulator = serve(estate).await;
    let snapshot = read(&simulator, Scope::default()).await;
    for id in [instance, interface, volume, template.clone()] {
        assert!(snapshot.resources.iter().any(|one| one.id.as_str().ends_with(&format!("/{id}"))), "{id}");
    }
    let read = of(&snapshot, ResourceType::LaunchTemplate);
    let template = read.iter().find(|one| one.id.as_str().ends_with(&template)).unwrap();
    assert!(template.unknown.is_empty(), "its version was read too: {:?}", template.unknown);
}

#[tokio::test]
async fn a_snapshot_is_public_only_where_the_list_says_so_and_the_region_lets_it() {
    let simulator = serve(demo()).await;
    let public = |snapshot: &Snapshot| -> Vec<_> {
        let facts = |one: &&Resource| match one.facts.as_ref() {
            Some(Facts::EbsSnapshot(facts)) => (one.name.clone(), facts.public.value),
            other => panic!("{other:?}"),
        };
        of(snapshot, ResourceType::EbsSnapshot).iter().map(facts).filter(|(_, public)| *public != Some(false)).collect()
    };
    let snapshot = read(&simulator, Scope::default()).await;
    assert_eq!(public(&snapshot), [("workshop-handout".to_owned(), Some(true))]);
}

#[tokio::test]
async fn without_the_list_of_backups_no_volume_counts_as_unprotected() {
    let simulator = serve(demo()).await;
    simulator.set_faults(vec![Fault::new(FaultKind::Denied).of("backup", "ListProtectedResources")]);
    let snapshot = read(&simulator, Scope::default()).await;
    let told = gaps(&snapshot, "ListProtectedResources");
    assert!(told.iter().all(|gap| gap.permission.as_deref() == Some("backup:ListProtectedResources")));
    assert_eq!(told.len(), 2, "one for each region");
    for volume in of(&snapshot, ResourceType::Volume) {
        let Some(Facts::Volume(facts)) = &volume.facts else { unreachable!("{volume:?}") };
        assert_eq!(facts.backup_protected.value, None);
        assert!(facts.has_snapshot.value.is_some());
    }
}
