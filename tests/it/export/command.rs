//! `plimsoll export`, as it is run.

use std::path::Path;
use std::process::{Command, Output};

fn export(folder: &Path, arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_plimsoll");
    Command::new(program).arg("export").args(arguments).current_dir(folder).output().unwrap()
}

fn said(text: &[u8]) -> String {
    String::from_utf8(text.to_vec()).unwrap()
}

#[test]
fn one_file_goes_to_standard_output_and_is_the_one_that_is_kept() {
    let folder = tempfile::tempdir().unwrap();
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
    let folder = tempfile::tempdir().unwrap();
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
    let folder = tempfile::tempdir().unwrap();
    let output = export(folder.path(), &["alerts", "--time-scale", "60"]);
    assert!(said(&output.stdout).contains("keep_firing_for: 5s"));
    for wrong in [["promtool-tests", "--time-scale=60"], ["alerts", "--time-scale=0"]] {
        assert_eq!(export(folder.path(), &wrong).status.code(), Some(2), "{wrong:?}");
    }
}
