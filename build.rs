//! The rules travel in the binary, so a new or removed rule file rebuilds the crate.

fn main() {
    #[expect(clippy::print_stdout, reason = "build scripts speak to cargo on stdout")]
    {
        println!("cargo:rerun-if-changed=rules");
    }
}
