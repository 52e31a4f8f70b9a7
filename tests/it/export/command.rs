//! `plimsoll export`, as it is run.

use std::path::Path;
use std::process::{Command, Output};

use super::demo;

fn export(folder: &Path, arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_plimsoll");
    Command::new(program).arg("export").args(arguments).current_dir(folder).output().unwrap()
}

/// A folder with the demo's objectives.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("plimsoll.yaml"), demo::CONFIGURATION).unwrap();
    folder
}

fn said(text: &[u8]) -> String {
    String::from_utf8(text.to_vec()).unwrap()
}

#[test]
fn one_file_goes_to_standard_output_and_is_the_one_that_is_kept() {
    let folder = folder();
    for (what, kept) in [
        ("prometheus-rules", include_str!("../../../deploy/prometheus/plimsoll.rules.yml")),
        ("alerts", include_str!("../../../deploy/prometheus/plimsoll.alerts.yml")),
        ("openslo", include_str!("../../../deploy/slo/openslo.yml")),
        ("pyrra", include_str!("../../../deploy/slo/pyrra.yml")),
    ] {
        let output = export(folder.path(), &[what]);
        assert!(output.status.success(), "{}", said(&output.stderr));
        assert_eq!(said(&output.stdout), kept, "{what}");
    }
}

#[test]
fn several_files_need_a_folder() {
    let folder = folder();
    let refused = export(folder.path(), &["grafana"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(said(&refused.stderr).contains("plimsoll-overview.json") && refused.stdout.is_empty());
    let output = export(folder.path(), &["grafana", "--into", "new/boards"]);
    assert!(output.status.success(), "{}", said(&output.stderr));
    for name in said(&output.stdout).lines() {
        assert!(folder.path().join(name).is_file(), "{name}");
    }
    assert_eq!(said(&output.stdout).lines().count(), 4);
}

#[test]
fn only_rules_are_scaled() {
    let folder = folder();
    let output = export(folder.path(), &["alerts", "--time-scale", "60"]);
    assert!(said(&output.stdout).contains("keep_firing_for: 5s"));
    for wrong in [["promtool-tests", "--time-scale=60"], ["alerts", "--time-scale=0"]] {
        assert_eq!(export(folder.path(), &wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn without_objectives_there_are_the_rules_of_the_estate_and_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let output = export(folder.path(), &["prometheus-rules"]);
    assert!(output.status.success() && said(&output.stdout).contains("plimsoll-estate"));
    assert!(!said(&output.stdout).contains("plimsoll-slo-"), "{}", said(&output.stdout));
    assert!(said(&output.stderr).contains("no objectives"), "{}", said(&output.stderr));
}
