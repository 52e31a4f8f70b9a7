//! The rules travel in the binary, so a new or removed rule file rebuilds the crate.

fn main() {
    println!("cargo:rerun-if-changed=rules");
}
