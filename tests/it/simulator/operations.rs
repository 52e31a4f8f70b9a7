//! Every operation is readable by the SDK and says what the demo account holds.

use aws_sdk_iam::types::{EntityType, ReportStateType};
use base64::Engine as _;
use percent_encoding::percent_decode_str;

use super::{ACCOUNT, Clients, EU, US, code, demo};

const EXPORTS: &str = "nordwind-customer-exports";

#[tokio::test]
async fn sts_says_who_calls() {
    let simulator = demo().await;
    let who = Clients::new(&simulator, EU).sts.get_caller_identity().send().await.unwrap();
    assert_eq!(who.account(), Some(ACCOUNT));
    assert_eq!(who.arn(), Some("arn:aws:iam::111122223333:user/service/plimsoll-scanner"));
}

#[tokio::test]
async fn authorization_details_hold_what_roles_are_made_of() {
    let simulator = demo().await;
    let details =
        Clients::new(&simulator, US).iam.get_account_authorization_details().max_items(1000).send().await.unwrap();
    assert!(!details.is_truncated());
    assert_eq!((details.user_detail_list().len(), details.role_detail_list().len()), (20, 62));
    let deploy = details.role_detail_list().iter().find(|role| role.role_name() == Some("ci-deploy")).unwrap();
    let trust = deploy.assume_role_policy_document().unwrap();
    assert!(trust.starts_with("%7B%22"), "documents travel encoded: {trust}");
    let trust = percent_decode_str(trust).decode_utf8().unwrap();
    assert!(trust.contains("repo:nordwind/platform:ref:refs/heads/main"), "{trust}");
    let boundary = deploy.permissions_boundary().unwrap();
    assert_eq!(boundary.permissions_boundary_arn(), Some("arn:aws:iam::111122223333:policy/boundary/deploy-boundary"));
    assert_eq!(deploy.tags()[0].value(), "platform");
    assert_eq!(deploy.role_last_used().unwrap().region(), Some(EU));
    let bastion = details.role_detail_list().iter().find(|role| role.role_name() == Some("bastion")).unwrap();
    assert_eq!(bastion.instance_profile_list()[0].instance_profile_name(), "bastion");
    let sara = details.user_detail_list().iter().find(|user| user.user_name() == Some("sara.holm")).unwrap();
    assert_eq!(sara.group_list(), ["developers", "analysts"]);
    let finance = details.group_detail_list().iter().find(|group| group.group_name() == Some("finance")).unwrap();
    assert_eq!(finance.group_policy_list()[0].policy_name(), Some("invoices"));
}

#[tokio::test]
async fn authorization_details_hold_policies_with_their_default_version() {
    let simulator = demo().await;
    let request = Clients::new(&simulator, US).iam.get_account_authorization_details().max_items(1000);
    let details =
        request.filter(EntityType::LocalManagedPolicy).filter(EntityType::AwsManagedPolicy).send().await.unwrap();
    assert!(details.user_detail_list().is_empty() && details.role_detail_list().is_empty());
    let named = |name: &str| details.policies().iter().find(|policy| policy.policy_name() == Some(name));
    let deploy = named("ecs-deploy").unwrap();
    assert_eq!((deploy.default_version_id(), deploy.policy_version_list().len()), (Some("v2"), 2));
    assert!(deploy.policy_version_list()[0].is_default_version());
    assert_eq!(deploy.attachment_count(), Some(4));
    assert_eq!(named("AdministratorAccess").unwrap().arn(), Some("arn:aws:iam::aws:policy/AdministratorAccess"));
    assert!(named("AmazonEC2ContainerRegistryReadOnly").is_none(), "attached nowhere");
}

#[tokio::test]
async fn a_credential_report_is_asked_for_first() {
    let simulator = demo().await;
    let iam = Clients::new(&simulator, US).iam;
    assert_eq!(code(iam.get_credential_report().send().await), "ReportNotPresent");
    let state = |answer: aws_sdk_iam::operation::generate_credential_report::GenerateCredentialReportOutput| {
        answer.state().cloned()
    };
    assert_eq!(state(iam.generate_credential_report().send().await.unwrap()), Some(ReportStateType::Started));
    assert_eq!(state(iam.generate_credential_report().send().await.unwrap()), Some(ReportStateType::Complete));
    let report = iam.get_credential_report().send().await.unwrap();
    let csv = String::from_utf8(report.content().unwrap().as_ref().to_vec()).unwrap();
    assert!(base64::engine::general_purpose::STANDARD.decode(&csv).is_err(), "the SDK has decoded it once: {csv}");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(reader.headers().unwrap().len(), 22);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 21);
    assert_eq!(&rows[0][0], "<root_account>");
    let paul = rows.iter().find(|row| &row[0] == "paul.meier").unwrap();
    assert_eq!((&paul[3], &paul[7], &paul[8]), ("true", "true", "true"));
    assert_eq!(&paul[9], "2026-04-26T00:00:00+00:00", "210 days before 2026-11-22");
}

#[tokio::test]
async fn iam_says_what_holds_for_the_account() {
    let simulator = demo().await;
    let iam = Clients::new(&simulator, US).iam;
    let summary = iam.get_account_summary().send().await.unwrap();
    assert_eq!(summary.summary_map().unwrap()[&aws_sdk_iam::types::SummaryKeyType::Users], 20);
    let policy = iam.get_account_password_policy().send().await.unwrap();
    assert_eq!(policy.password_policy().unwrap().minimum_password_length(), Some(8));
    let devices = iam.list_virtual_mfa_devices().send().await.unwrap();
    let root = &devices.virtual_mfa_devices()[0];
    assert_eq!(root.serial_number(), "arn:aws:iam::111122223333:mfa/root-account-mfa-device");
    let aliases = iam.list_account_aliases().send().await.unwrap();
    assert_eq!(aliases.account_aliases(), ["nordwind-logistics"]);
    simulator.change(|estate| estate.accounts[0].password_policy = None);
    assert_eq!(code(iam.get_account_password_policy().send().await), "NoSuchEntity");
}

#[tokio::test]
async fn iam_says_what_its_providers_and_certificates_are() {
    let simulator = demo().await;
    let iam = Clients::new(&simulator, US).iam;
    let saml = iam.list_saml_providers().send().await.unwrap();
    let arn = saml.saml_provider_list()[0].arn().unwrap().to_owned();
    let saml = iam.get_saml_provider().saml_provider_arn(arn).send().await.unwrap();
    assert_eq!(saml.valid_until().unwrap().to_string(), "2027-07-20T00:00:00Z");
    let oidc = iam.list_open_id_connect_providers().send().await.unwrap();
    let arn = oidc.open_id_connect_provider_list()[0].arn().unwrap().to_owned();
    let oidc = iam.get_open_id_connect_provider().open_id_connect_provider_arn(arn).send().await.unwrap();
    assert_eq!(oidc.url(), Some("token.actions.githubusercontent.com"));
    assert_eq!(oidc.client_id_list(), ["sts.amazonaws.com"]);
    let certificates = iam.list_server_certificates().send().await.unwrap();
    let expires = certificates.server_certificate_metadata_list()[0].expiration().unwrap();
    assert_eq!(expires.to_string(), "2026-11-02T00:00:00Z");
}

#[tokio::test]
async fn iam_names_users_and_roles_one_by_one() {
    let simulator = demo().await;
    let iam = Clients::new(&simulator, US).iam;
    assert_eq!(iam.list_users().send().await.unwrap().users().len(), 20);
    let roles = iam.list_roles().send().await.unwrap();
    let developer = roles.roles().iter().find(|role| role.role_name() == "sso-developer").unwrap();
    assert_eq!(developer.max_session_duration(), Some(28_800));
    let role = iam.get_role().role_name("ci-deploy").send().await.unwrap();
    let role = role.role().unwrap();
    assert_eq!((role.path(), role.max_session_duration()), ("/ci/", Some(3600)));
    assert!(role.permissions_boundary().is_some() && role.role_last_used().is_some());
    assert_eq!(code(iam.get_role().role_name("nobody").send().await), "NoSuchEntity");
}

#[tokio::test]
async fn s3_says_how_a_bucket_is_configured() {
    let simulator = demo().await;
    let s3 = Clients::new(&simulator, EU).s3;
    let policy = s3.get_bucket_policy().bucket(EXPORTS).send().await.unwrap();
    let policy: serde_json::Value = serde_json::from_str(policy.policy().unwrap()).unwrap();
    assert_eq!(policy["Statement"][0]["Sid"], "TlsOnly");
    let block = s3.get_public_access_block().bucket(EXPORTS).send().await.unwrap();
    assert_eq!(block.public_access_block_configuration().unwrap().restrict_public_buckets(), Some(true));
    let ownership = s3.get_bucket_ownership_controls().bucket(EXPORTS).send().await.unwrap();
    let rule = &ownership.ownership_controls().unwrap().rules()[0];
    assert_eq!(rule.object_ownership().as_str(), "BucketOwnerEnforced");
    let versioning = s3.get_bucket_versioning().bucket("nordwind-payments-ledger").send().await.unwrap();
    assert_eq!(versioning.status().unwrap().as_str(), "Enabled");
    assert_eq!(versioning.mfa_delete().unwrap().as_str(), "Enabled");
    let encryption = s3.get_bucket_encryption().bucket("nordwind-payments-ledger").send().await.unwrap();
    let rule = &encryption.server_side_encryption_configuration().unwrap().rules()[0];
    let default = rule.apply_server_side_encryption_by_default().unwrap();
    assert_eq!(default.sse_algorithm().as_str(), "aws:kms");
    let logging = s3.get_bucket_logging().bucket(EXPORTS).send().await.unwrap();
    assert_eq!(logging.logging_enabled().unwrap().target_bucket(), "nordwind-access-logs");
    let tags = s3.get_bucket_tagging().bucket(EXPORTS).send().await.unwrap();
    assert_eq!(tags.tag_set()[0].value(), "orders");
    let location = s3.get_bucket_location().bucket(EXPORTS).send().await.unwrap();
    assert_eq!(location.location_constraint().unwrap().as_str(), EU);
    let head = s3.head_bucket().bucket(EXPORTS).send().await.unwrap();
    assert_eq!(head.bucket_region(), Some(EU));
}

#[tokio::test]
async fn s3_says_what_happens_to_objects() {
    let simulator = demo().await;
    let s3 = Clients::new(&simulator, EU).s3;
    let lifecycle = s3.get_bucket_lifecycle_configuration().bucket(EXPORTS).send().await.unwrap();
    let rule = &lifecycle.rules()[0];
    assert_eq!(rule.expiration().unwrap().days(), Some(30));
    assert_eq!(rule.abort_incomplete_multipart_upload().unwrap().days_after_initiation(), Some(7));
    let ledger = "nordwind-payments-ledger";
    let lock = s3.get_object_lock_configuration().bucket(ledger).send().await.unwrap();
    let retention = lock.object_lock_configuration().unwrap().rule().unwrap().default_retention().unwrap();
    assert_eq!((retention.mode().unwrap().as_str(), retention.days()), ("COMPLIANCE", Some(2555)));
    let replication = s3.get_bucket_replication().bucket(ledger).send().await.unwrap();
    let rule = &replication.replication_configuration().unwrap().rules()[0];
    assert_eq!(rule.destination().unwrap().bucket(), "arn:aws:s3:::nordwind-payments-ledger-replica");
    let events = |bucket: &str| s3.get_bucket_notification_configuration().bucket(bucket).send();
    let queues = events("nordwind-tracking-events").await.unwrap();
    assert_eq!(queues.queue_configurations()[0].queue_arn(), "arn:aws:sqs:eu-central-1:111122223333:tracking-events");
    let functions = events("nordwind-partner-inbox").await.unwrap();
    assert_eq!(functions.lambda_function_configurations().len(), 1);
    assert!(events("nordwind-lake-curated").await.unwrap().event_bridge_configuration().is_some());
    assert!(events(EXPORTS).await.unwrap().queue_configurations().is_empty());
    let site = Clients::new(&simulator, US).s3.get_bucket_website().bucket("nordwind-web-legacy-site").send();
    assert_eq!(site.await.unwrap().index_document().unwrap().suffix(), "index.html");
}

#[tokio::test]
async fn s3_tells_public_buckets() {
    let simulator = demo().await;
    let s3 = Clients::new(&simulator, EU).s3;
    let public = async |bucket: &str| {
        let status = s3.get_bucket_policy_status().bucket(bucket).send().await.unwrap();
        status.policy_status().unwrap().is_public()
    };
    assert_eq!(public("nordwind-tracking-public-maps").await, Some(true));
    assert_eq!(public("nordwind-partner-outbox").await, Some(false), "limited to an organization");
    assert_eq!(public(EXPORTS).await, Some(false));
    let acl = Clients::new(&simulator, US).s3.get_bucket_acl().bucket("nordwind-web-legacy-site").send().await.unwrap();
    assert_eq!(acl.grants()[0].grantee().unwrap().id(), acl.owner().unwrap().id());
    let everyone = acl.grants()[1].grantee().unwrap();
    assert_eq!(everyone.uri(), Some("http://acs.amazonaws.com/groups/global/AllUsers"));
    assert_eq!(everyone.r#type().as_str(), "Group");
}

#[tokio::test]
async fn s3_has_a_code_for_everything_that_is_not_there() {
    let simulator = demo().await;
    simulator.change(|estate| {
        let bucket =
            plimsoll::simulator::Bucket { name: "bare".to_owned(), region: EU.to_owned(), ..Default::default() };
        estate.accounts[0].buckets.push(bucket);
    });
    let s3 = Clients::new(&simulator, EU).s3;
    let bare = "bare";
    assert_eq!(code(s3.get_bucket_policy().bucket(bare).send().await), "NoSuchBucketPolicy");
    assert_eq!(code(s3.get_bucket_policy_status().bucket(bare).send().await), "NoSuchBucketPolicy");
    assert_eq!(code(s3.get_public_access_block().bucket(bare).send().await), "NoSuchPublicAccessBlockConfiguration");
    assert_eq!(code(s3.get_bucket_ownership_controls().bucket(bare).send().await), "OwnershipControlsNotFoundError");
    assert_eq!(code(s3.get_bucket_tagging().bucket(bare).send().await), "NoSuchTagSet");
    assert_eq!(code(s3.get_bucket_lifecycle_configuration().bucket(bare).send().await), "NoSuchLifecycleConfiguration");
    assert_eq!(
        code(s3.get_object_lock_configuration().bucket(bare).send().await),
        "ObjectLockConfigurationNotFoundError"
    );
    assert_eq!(code(s3.get_bucket_replication().bucket(bare).send().await), "ReplicationConfigurationNotFoundError");
    assert_eq!(code(s3.get_bucket_website().bucket(bare).send().await), "NoSuchWebsiteConfiguration");
    assert_eq!(code(s3.get_bucket_policy().bucket("nobody-has-this").send().await), "NoSuchBucket");
    assert!(s3.get_bucket_versioning().bucket(bare).send().await.unwrap().status().is_none());
    assert!(s3.get_bucket_logging().bucket(bare).send().await.unwrap().logging_enabled().is_none());
    let encryption = s3.get_bucket_encryption().bucket(bare).send().await.unwrap();
    let rule = &encryption.server_side_encryption_configuration().unwrap().rules()[0];
    assert_eq!(rule.apply_server_side_encryption_by_default().unwrap().sse_algorithm().as_str(), "AES256");
}

#[tokio::test]
async fn s3_control_knows_the_account_and_its_access_points() {
    let simulator = demo().await;
    let control = Clients::new(&simulator, EU).s3control;
    let block = |control: &aws_sdk_s3control::Client| control.get_public_access_block().account_id(ACCOUNT).send();
    assert_eq!(code(block(&control).await), "NoSuchPublicAccessBlockConfiguration");
    simulator.change(|estate| estate.accounts[0].s3_access_block = Some(plimsoll::simulator::AccessBlock::ALL));
    let set = block(&control).await.unwrap();
    assert_eq!(set.public_access_block_configuration().unwrap().block_public_policy(), Some(true));
    let points = control.list_access_points().account_id(ACCOUNT).send().await.unwrap();
    assert_eq!(points.access_point_list().len(), 3);
    let point = control.get_access_point().account_id(ACCOUNT).name("orders-analytics").send().await.unwrap();
    assert_eq!((point.bucket(), point.network_origin().unwrap().as_str()), (Some("nordwind-orders-documents"), "VPC"));
    let policy = |name: &str| control.get_access_point_policy().account_id(ACCOUNT).name(name).send();
    assert!(policy("maps-public").await.unwrap().policy().unwrap().contains("\"Principal\":\"*\""));
    assert_eq!(code(policy("lake-readers").await), "NoSuchAccessPointPolicy");
    assert_eq!(code(control.list_access_points().account_id("999999999999").send().await), "AccessDenied");
}

#[tokio::test]
async fn ec2_says_what_groups_let_in() {
    let simulator = demo().await;
    let ec2 = Clients::new(&simulator, EU).ec2;
    let groups = ec2.describe_security_groups().send().await.unwrap();
    assert_eq!(groups.security_groups().len(), 26);
    let named = |name: &str| groups.security_groups().iter().find(|group| group.group_name() == Some(name)).unwrap();
    let edge = &named("edge-alb").ip_permissions()[1];
    assert_eq!((edge.ip_protocol(), edge.from_port(), edge.to_port()), (Some("tcp"), Some(443), Some(443)));
    assert_eq!(edge.ip_ranges()[0].cidr_ip(), Some("0.0.0.0/0"));
    assert_eq!(edge.ipv6_ranges()[0].cidr_ipv6(), Some("::/0"));
    let egress = &named("edge-alb").ip_permissions_egress()[0];
    assert_eq!((egress.ip_protocol(), egress.from_port()), (Some("-1"), None));
    let api = &named("orders-api").ip_permissions()[0].user_id_group_pairs()[0];
    assert_eq!((api.group_id(), api.user_id()), (named("edge-alb").group_id(), Some(ACCOUNT)));
    let partners = &named("tracking-partner").ip_permissions()[0];
    assert!(partners.prefix_list_ids()[0].prefix_list_id().unwrap().starts_with("pl-"));
    let rules = ec2.describe_security_group_rules().send().await.unwrap();
    let peers = |group: &aws_sdk_ec2::types::SecurityGroup| {
        let of = rules.security_group_rules().iter().filter(|rule| rule.group_id() == group.group_id());
        of.count()
    };
    assert_eq!(peers(named("edge-alb")), 5, "two ports to two families, and one way out");
}

#[tokio::test]
async fn ec2_says_what_the_network_is_made_of() {
    let simulator = demo().await;
    let ec2 = Clients::new(&simulator, EU).ec2;
    let vpcs = ec2.describe_vpcs().send().await.unwrap();
    assert_eq!(vpcs.vpcs().iter().filter(|vpc| vpc.is_default() == Some(true)).count(), 1);
    assert_eq!(vpcs.vpcs()[0].ipv6_cidr_block_association_set().len(), 1);
    let subnets = ec2.describe_subnets().send().await.unwrap();
    assert_eq!(subnets.subnets().len(), 9);
    let acls = ec2.describe_network_acls().send().await.unwrap();
    let entries = acls.network_acls()[0].entries();
    let last = entries.iter().filter(|entry| entry.rule_number() == Some(32_767)).count();
    assert_eq!((entries.len(), last), (4, 2));
    let logs = ec2.describe_flow_logs().send().await.unwrap();
    assert_eq!(logs.flow_logs()[0].log_destination(), Some("arn:aws:s3:::nordwind-flow-logs"));
    let interfaces = ec2.describe_network_interfaces().send().await.unwrap();
    assert_eq!(interfaces.network_interfaces().len(), 21, "12 of its own and 9 of instances that live");
    let lists = ec2.describe_managed_prefix_lists().send().await.unwrap();
    let wide = lists.prefix_lists().iter().find(|list| list.prefix_list_name() == Some("partners")).unwrap();
    let entries = ec2.get_managed_prefix_list_entries().prefix_list_id(wide.prefix_list_id().unwrap());
    let entries = entries.send().await.unwrap();
    assert_eq!(entries.entries()[1].cidr(), Some("128.0.0.0/1"));
}

#[tokio::test]
async fn ec2_says_what_runs_and_how_the_region_is_set() {
    let simulator = demo().await;
    let ec2 = Clients::new(&simulator, EU).ec2;
    let reservations = ec2.describe_instances().send().await.unwrap();
    let instances = reservations.reservations().iter().flat_map(aws_sdk_ec2::types::Reservation::instances);
    let optional = instances.filter(|instance| {
        instance
            .metadata_options()
            .and_then(|options| options.http_tokens())
            .is_some_and(|it| it.as_str() == "optional")
    });
    assert_eq!(optional.count(), 2);
    let volumes = ec2.describe_volumes().send().await.unwrap();
    assert_eq!(volumes.volumes().iter().filter(|volume| volume.encrypted() == Some(false)).count(), 3);
    assert_eq!(ec2.describe_regions().send().await.unwrap().regions().len(), 2);
    let encrypted = ec2.get_ebs_encryption_by_default().send().await.unwrap();
    assert_eq!(encrypted.ebs_encryption_by_default(), Some(true));
    let defaults = ec2.get_instance_metadata_defaults().send().await.unwrap();
    assert_eq!(defaults.account_level().unwrap().http_tokens().unwrap().as_str(), "required");
    let snapshots = ec2.get_snapshot_block_public_access_state().send().await.unwrap();
    assert_eq!(snapshots.state().unwrap().as_str(), "block-all-sharing");
    let images = Clients::new(&simulator, US).ec2.get_image_block_public_access_state().send().await.unwrap();
    assert_eq!(images.image_block_public_access_state(), Some("unblocked"));
}

#[tokio::test]
async fn what_is_not_simulated_is_refused_as_aws_would() {
    let simulator = demo().await;
    let clients = Clients::new(&simulator, EU);
    assert_eq!(code(clients.iam.delete_role().role_name("ci-deploy").send().await), "InvalidAction");
    assert_eq!(code(clients.ec2.describe_bundle_tasks().send().await), "InvalidAction");
    assert_eq!(code(clients.s3.delete_bucket().bucket(EXPORTS).send().await), "MethodNotAllowed");
    assert_eq!(code(clients.s3.get_bucket_cors().bucket(EXPORTS).send().await), "NotImplemented");
}

#[tokio::test]
async fn what_services_manage_and_the_account_hides_is_shown_on_request() {
    let mut estate = plimsoll::simulator::Estate::demo(super::now()).unwrap();
    let region = estate.accounts[0].regions.get_mut(EU).unwrap();
    region.instances[0].hidden = true;
    let instance = region.instances[0].id.clone();
    let simulator = plimsoll::simulator::Simulator::start(estate).await.unwrap();
    let ec2 = Clients::new(&simulator, EU).ec2;
    let (plain, whole) =
        tokio::join!(ec2.describe_instances().send(), ec2.describe_instances().include_managed_resources(true).send());
    let ids = |answer: aws_sdk_ec2::operation::describe_instances::DescribeInstancesOutput| {
        let instances = answer.reservations.unwrap().into_iter().flat_map(|reservation| reservation.instances.unwrap());
        instances.filter_map(|instance| instance.instance_id).collect::<Vec<_>>()
    };
    assert!(!ids(plain.unwrap()).contains(&instance));
    assert!(ids(whole.unwrap()).contains(&instance));
}
