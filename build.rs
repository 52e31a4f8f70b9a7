//! The rules and the ledger's migrations travel in the binary, so that a new, changed or removed
//! file of theirs rebuilds the crate.

fn main() {
    println!("cargo:rerun-if-changed=rules");
    println!("cargo:rerun-if-changed=src/ledger/migrations");
}
